#include "core/quantize/mixture.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include "tests/catch.hpp"

namespace forge::quantize {
namespace {

// Tensors with names that stay where they are.
class TensorList {
 public:
  void add(const std::string& name, const std::vector<std::uint64_t>& shape,
           std::uint32_t type = FORGE_TYPE_F32) {
    names_.push_back(std::make_unique<std::string>(name));
    forge_tensor_v1 tensor{};
    tensor.struct_size = sizeof(tensor);
    tensor.type = type;
    tensor.name = {names_.back()->data(), names_.back()->size()};
    for (std::size_t i = 0; i < FORGE_MAX_DIMS; ++i)
      tensor.shape[i] = i < shape.size() ? shape[i] : 1;
    tensor.n_dims = static_cast<std::uint32_t>(shape.size());
    tensors_.push_back(tensor);
  }
  const std::vector<forge_tensor_v1>& get() const { return tensors_; }
  const std::string& name(std::size_t i) const { return *names_[i]; }

 private:
  std::vector<std::unique_ptr<std::string>> names_;
  std::vector<forge_tensor_v1> tensors_;
};

struct Recorded {
  std::string name;
  ModelShape shape;
  TensorList tensors;
  std::map<std::string, std::string> types;  // by mixture: one letter a tensor
};

struct Recording {
  std::map<char, std::string> letters;
  std::vector<Recorded> models;
};

Recording read_recording() {
  Recording recording;
  std::ifstream file(FORGE_TEST_DATA "/quantize/mixtures.txt");
  REQUIRE(file.good());
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, name;
    words >> kind;
    if (kind == "letters") {
      while (words >> name) recording.letters[name[0]] = name.substr(2);
    } else if (kind == "model") {
      Recorded model;
      words >> model.name >> model.shape.architecture >> model.shape.n_layers >>
          model.shape.n_heads >> model.shape.n_kv_heads >> model.shape.n_experts;
      recording.models.push_back(std::move(model));
    } else if (kind == "tensor") {
      std::vector<std::uint64_t> shape;
      words >> name;
      for (std::uint64_t dimension = 0; words >> dimension;) shape.push_back(dimension);
      recording.models.back().tensors.add(name, shape);
    } else if (kind == "types") {
      words >> name;
      words >> recording.models.back().types[name];
    }
  }
  return recording;
}

const CodecView& codecs() {
  static const CodecRegistry registry;
  return registry.view();
}

std::vector<std::uint32_t> choose(const char* mixture, const TensorList& tensors,
                                  const ModelShape& shape, const Wishes& wishes = {}) {
  const auto found = find_mixture(mixture, codecs());
  REQUIRE(found.ok());
  auto types = choose_types(*found, shape, tensors.get(), wishes, codecs());
  INFO(types.status().message());
  REQUIRE(types.ok());
  return std::move(types).value();
}

TEST_CASE("every tensor gets the type that llama.cpp gives it") {
  const Recording recording = read_recording();
  REQUIRE(recording.models.size() == 11);
  for (const Recorded& model : recording.models) {
    REQUIRE(model.types.size() == 16);
    for (const auto& [mixture, expected] : model.types) {
      // llama.cpp forgets the attention output's rule of Q3_K_L when there are eight experts.
      if (model.name == "mixtral" && mixture == "Q3_K_L") continue;
      REQUIRE(expected.size() == model.tensors.get().size());
      const std::vector<std::uint32_t> types = choose(mixture.c_str(), model.tensors, model.shape);
      for (std::size_t i = 0; i < types.size(); ++i) {
        INFO(model.name << " " << mixture << " " << model.tensors.name(i));
        REQUIRE(codecs().name_of(types[i]) == recording.letters.at(expected[i]));
      }
    }
  }
}

TEST_CASE("the order of tensors in the file does not matter") {
  TensorList forward, backward;
  const auto add = [](TensorList& list, int layer) {
    list.add("blk." + std::to_string(layer) + ".attn_v.weight", {256, 64});
  };
  for (int layer = 0; layer < 24; ++layer) add(forward, layer);
  for (int layer = 23; layer >= 0; --layer) add(backward, layer);
  const ModelShape shape{"llama", 24, 8, 2, 0};
  const auto one = choose("Q4_K_M", forward, shape);
  auto other = choose("Q4_K_M", backward, shape);
  CHECK(one == std::vector<std::uint32_t>(other.rbegin(), other.rend()));
  CHECK(one[0] == FORGE_TYPE_Q6_K);
  CHECK(one[3] == FORGE_TYPE_Q4_K);
}

TensorList small_model() {
  TensorList list;
  list.add("token_embd.weight", {256, 512});
  list.add("blk.0.attn_norm.weight", {256});
  list.add("blk.0.attn_q.weight", {256, 256});
  list.add("blk.0.attn_q.bias", {256});
  list.add("blk.0.ffn_gate_inp.weight", {256, 8});
  list.add("blk.0.some_vector.weight", {256, 1});
  list.add("output.weight", {256, 512});
  return list;
}

TEST_CASE("vectors, norms, biases and routers keep their type") {
  const auto types = choose("Q4_0", small_model(), {"llama", 1, 4, 4, 0});
  CHECK(types == std::vector<std::uint32_t>{FORGE_TYPE_Q4_0, FORGE_TYPE_F32, FORGE_TYPE_Q4_0,
                                            FORGE_TYPE_F32, FORGE_TYPE_F32, FORGE_TYPE_F32,
                                            FORGE_TYPE_Q6_K});
}

TEST_CASE("wishes come before the rules") {
  const ModelShape shape{"llama", 1, 4, 4, 0};
  Wishes wishes;
  wishes.pure = true;
  CHECK(choose("Q4_K_M", small_model(), shape, wishes).back() == FORGE_TYPE_Q4_K);
  wishes = {};
  wishes.output_type = FORGE_TYPE_F16;
  wishes.embedding_type = FORGE_TYPE_Q8_0;
  wishes.overrides = {{"blk.*.attn_q.*", FORGE_TYPE_Q5_1}, {"*", FORGE_TYPE_BF16}};
  CHECK(choose("Q4_0", small_model(), shape, wishes)[0] == FORGE_TYPE_BF16);
  CHECK(choose("Q4_0", small_model(), shape, wishes)[1] == FORGE_TYPE_F32);
  CHECK(choose("Q4_0", small_model(), shape, wishes)[2] == FORGE_TYPE_Q5_1);
  wishes.overrides.pop_back();
  CHECK(choose("Q4_0", small_model(), shape, wishes)[0] == FORGE_TYPE_Q8_0);
  CHECK(choose("Q4_0", small_model(), shape, wishes).back() == FORGE_TYPE_F16);

  wishes.overrides = {{"blk.*.attn_k.weight", FORGE_TYPE_Q8_0}};
  const TensorList tensors = small_model();
  const auto unused =
      choose_types(find_mixture("Q4_0", codecs()).value(), shape, tensors.get(), wishes, codecs());
  CHECK(unused.code() == Code::kNotFound);
  CHECK(unused.status().message().find("'blk.*.attn_k.weight'") != std::string::npos);
}

TEST_CASE("patterns with many stars end") {
  TensorList tensors;
  tensors.add(std::string(5000, 'a') + ".weight", {256, 256});
  Wishes wishes;
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  wishes.overrides = {{pattern + "*b", FORGE_TYPE_Q8_0}};
  CHECK_FALSE(
      choose_types(find_mixture("Q4_0", codecs()).value(), {}, tensors.get(), wishes, codecs())
          .ok());
  wishes.overrides = {{pattern + "*t", FORGE_TYPE_Q8_0}};
  CHECK(choose("Q4_0", tensors, {}, wishes)[0] == FORGE_TYPE_Q8_0);
}

TEST_CASE("rows that fit no block fall back to smaller blocks, then to F16") {
  TensorList tensors;
  tensors.add("blk.0.attn_q.weight", {224, 8});
  tensors.add("blk.0.attn_k.weight", {80, 8});
  struct Case {
    const char* mixture;
    std::uint32_t first;
  };
  for (const Case& one :
       {Case{"Q2_K", FORGE_TYPE_Q4_0}, Case{"Q3_K", FORGE_TYPE_Q4_0}, Case{"Q4_K", FORGE_TYPE_Q5_0},
        Case{"Q5_K", FORGE_TYPE_Q5_1}, Case{"Q6_K", FORGE_TYPE_Q8_0},
        Case{"IQ4_XS", FORGE_TYPE_IQ4_NL}, Case{"Q8_0", FORGE_TYPE_Q8_0}}) {
    INFO(one.mixture);
    const auto types = choose(one.mixture, tensors, {"llama", 1, 4, 4, 0});
    CHECK(types[0] == one.first);
    CHECK(types[1] == FORGE_TYPE_F16);
  }
}

TEST_CASE("mixtures are found by name in any case, or suggested") {
  CHECK(find_mixture("q4_k_m", codecs()).value().name == "Q4_K_M");
  CHECK(find_mixture("q4_k_m", codecs()).value().file_type == 15u);
  CHECK(find_mixture("q8_0", codecs()).value().name == "Q8_0");
  CHECK(find_mixture("MXFP4", codecs()).value().base->type == FORGE_TYPE_MXFP4);
  CHECK(find_mixture("IQ3_S", codecs()).code() == Code::kUnimplemented);
  const auto wrong = find_mixture("Q4KM", codecs());
  CHECK(wrong.code() == Code::kNotFound);
  CHECK(wrong.status().message() == "no type or mixture is named 'Q4KM'; did you mean 'Q4_K_M'?");
  CHECK(find_mixture("zebra", codecs()).status().message().find("known: Q3_K_S") !=
        std::string::npos);
}

void decode_nothing(const void* /*blocks*/, float* /*out*/, std::uint64_t /*n*/) {}
forge_status encode_nothing(const float* /*x*/, const float* /*importance*/,
                            std::uint64_t /*n_rows*/, std::uint64_t /*n_cols*/, void* /*blocks*/,
                            forge_message* /*message*/) {
  return FORGE_OK;
}

TEST_CASE("a plugin's codec is a mixture of its own") {
  constexpr std::uint32_t kConversions[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F32};
  forge_codec_v1 codec{};
  codec.struct_size = sizeof(codec);
  codec.type = FORGE_TYPE_PRIVATE + 5;
  codec.name = "Q3_MINE";
  codec.block_elements = 64;
  codec.block_bytes = 26;
  codec.converts_to = kConversions;
  codec.n_converts_to = 2;
  codec.dequantize = decode_nothing;
  CodecRegistry registry;
  REQUIRE(registry.add(&codec, "mine").ok());
  CHECK(find_mixture("Q3_MINE", registry.view()).code() == Code::kUnimplemented);

  codec.quantize = encode_nothing;
  const auto mixture = find_mixture("q3_mine", registry.view());
  REQUIRE(mixture.ok());
  CHECK_FALSE(mixture->file_type.has_value());
  TensorList tensors;
  tensors.add("blk.0.attn_q.weight", {128, 8});
  tensors.add("blk.0.attn_k.weight", {96, 8});  // not whole blocks of 64, but of 32
  tensors.add("output.weight", {256, 8});
  const auto types = choose_types(*mixture, {}, tensors.get(), {}, registry.view());
  REQUIRE(types.ok());
  CHECK(*types ==
        std::vector<std::uint32_t>{FORGE_TYPE_PRIVATE + 5, FORGE_TYPE_Q8_0, FORGE_TYPE_Q6_K});
}

}  // namespace
}  // namespace forge::quantize
