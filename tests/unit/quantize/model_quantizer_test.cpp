#include "core/quantize/model_quantizer.hpp"

#include <cmath>
#include <filesystem>

#include "tests/catch.hpp"
#include "tests/model_file.hpp"
#include "tests/process.hpp"

namespace forge::quantize {
namespace {

const CodecView& codecs() {
  static const CodecRegistry registry;
  return registry.view();
}

gguf::MetadataBuilder model_metadata() {
  gguf::MetadataBuilder metadata;
  REQUIRE(metadata.set_string("general.architecture", "llama").ok());
  REQUIRE(metadata.set_u32("llama.block_count", 2).ok());
  REQUIRE(metadata.set_u32("llama.attention.head_count", 4).ok());
  REQUIRE(metadata.set_u32("general.file_type", 0).ok());
  REQUIRE(metadata.set_u16("split.count", 0).ok());
  return metadata;
}

const std::vector<test::ModelTensor> kModel = {
    {"token_embd.weight", {256, 64}},    {"blk.0.attn_norm.weight", {256}},
    {"blk.0.attn_q.weight", {256, 300}}, {"blk.0.ffn_down.weight", {512, 256}, FORGE_TYPE_BF16},
    {"blk.1.attn_q.weight", {256, 300}}, {"output.weight", {256, 64}, FORGE_TYPE_F16},
};

gguf::File open_file(const std::string& path) {
  auto file = gguf::File::open(path, {gguf::codec_types(codecs())});
  INFO(file.status().message());
  REQUIRE(file.ok());
  return std::move(file).value();
}

Status quantize_to(const std::string& in, const std::string& out, const char* type,
                   const RunOptions& options = {}, const Wishes& wishes = {}) {
  const gguf::File file = open_file(in);
  FORGE_ASSIGN(const Mixture mixture, find_mixture(type, codecs()));
  FORGE_ASSIGN(const ModelPlan plan, plan_model(file, mixture, wishes, codecs()));
  return quantize_model(file, plan, codecs(), out, options);
}

std::vector<float> numbers_of(const gguf::File& file, const char* name) {
  const forge_tensor_v1* tensor = file.tensors().find(name);
  REQUIRE(tensor != nullptr);
  std::vector<float> x(gguf::element_count(*tensor));
  codecs().find(tensor->type)->dequantize(tensor->data, x.data(), x.size());
  return x;
}

TEST_CASE("a quantized file has the types of the plan, the numbers and the metadata") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  const std::string out = folder.in("out.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  std::uint64_t last = 0;
  std::vector<std::string> names;
  RunOptions options;
  options.progress = [&](std::uint64_t done) {
    CHECK(done > last);
    last = done;
  };
  options.finished = [&](const TensorStep& step, bool with_importance) {
    names.emplace_back(gguf::name_of(*step.tensor));
    CHECK_FALSE(with_importance);
  };
  REQUIRE(quantize_to(in, out, "Q4_K_M", options).ok());

  const gguf::File source = open_file(in);
  const gguf::File result = open_file(out);
  CHECK(result.metadata().get_u64("general.file_type").value() == 15);
  CHECK(result.metadata().get_u64("general.quantization_version").value() == 2);
  CHECK(result.metadata().get_u64("llama.block_count").value() == 2);
  CHECK_FALSE(result.metadata().contains("split.count"));
  const std::uint32_t expected[] = {FORGE_TYPE_Q4_K, FORGE_TYPE_F32,  FORGE_TYPE_Q4_K,
                                    FORGE_TYPE_Q4_K, FORGE_TYPE_Q4_K, FORGE_TYPE_Q6_K};
  std::uint64_t n_elements = 0;
  REQUIRE(result.tensors().size() == kModel.size());
  for (std::uint32_t i = 0; i < kModel.size(); ++i) {
    INFO(kModel[i].name);
    const forge_tensor_v1& tensor = result.tensors()[i];
    n_elements += gguf::element_count(tensor);
    CHECK(gguf::name_of(tensor) == kModel[i].name);
    CHECK(names.at(i) == kModel[i].name);
    CHECK(tensor.type == expected[i]);
    CHECK(tensor.n_dims == kModel[i].shape.size());
    const std::vector<float> before = numbers_of(source, kModel[i].name.c_str());
    const std::vector<float> after = numbers_of(result, kModel[i].name.c_str());
    REQUIRE(before.size() == after.size());
    double error = 0;
    double energy = 0;
    for (std::size_t k = 0; k < before.size(); ++k) {
      error += std::pow(double{before[k]} - double{after[k]}, 2);
      energy += double{before[k]} * double{before[k]};
    }
    // Four bits of normal numbers: 0.07 to 0.08 relative (docs/codecs.md).
    CHECK(std::sqrt(error / energy) < (tensor.type == FORGE_TYPE_F32 ? 1e-9 : 0.09));
  }
  CHECK(last == n_elements);
}

TEST_CASE("the file's bytes do not depend on the number of threads") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  RunOptions options;
  REQUIRE(quantize_to(in, folder.in("1.gguf"), "Q5_K_S", options).ok());
  options.n_threads = 5;
  REQUIRE(quantize_to(in, folder.in("5.gguf"), "Q5_K_S", options).ok());
  CHECK(test::read_file(folder.in("1.gguf")) == test::read_file(folder.in("5.gguf")));
}

std::size_t files_in(const std::string& folder) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) n += entry.exists() ? 1 : 0;
  return n;
}

TEST_CASE("stopping and failing leave no file and spare the old one") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  const std::string out = folder.in("out.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  int asked = 0;
  RunOptions options;
  options.stop = [&asked] { return ++asked > 4; };
  CHECK(quantize_to(in, out, "Q4_0", options).code() == Code::kCancelled);
  CHECK(files_in(folder.path()) == 1);

  folder.file("out.gguf", "precious");
  CHECK(quantize_to(in, out, "Q4_0").code() == Code::kAlreadyExists);
  asked = 0;
  options.replace = true;
  CHECK(quantize_to(in, out, "Q4_0", options).code() == Code::kCancelled);
  CHECK(test::read_file(out) == "precious");
  CHECK(files_in(folder.path()) == 2);
  options.stop = nullptr;
  REQUIRE(quantize_to(in, out, "Q4_0", options).ok());
  CHECK(open_file(out).metadata().get_u64("general.file_type").value() == 2);
}

TEST_CASE("a tensor that no codec decodes is named before anything is written") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  const std::vector<gguf::TensorPlan> plans = {{"blk.0.attn_q.weight", {256, 2}, 16}};  // IQ2_XXS
  auto writer = gguf::Writer::create(in, model_metadata(), plans, {});
  REQUIRE(writer.ok());
  REQUIRE(writer->write("blk.0.attn_q.weight", std::vector<std::byte>(2 * 66)).ok());
  REQUIRE(writer->finish().ok());
  const Status status = quantize_to(in, folder.in("out.gguf"), "Q4_0");
  CHECK(status.code() == Code::kUnimplemented);
  CHECK(status.message() ==
        "tensor 'blk.0.attn_q.weight' cannot go from IQ2_XXS to Q4_0: no codec decodes the former");
}

TEST_CASE("what is quantized already is counted, what has its type already is copied") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  const std::string q8 = folder.in("q8.gguf");
  REQUIRE(quantize_to(in, q8, "Q8_0").ok());
  const gguf::File file = open_file(q8);
  const auto plan = plan_model(file, find_mixture("Q4_0", codecs()).value(), {}, codecs());
  REQUIRE(plan.ok());
  CHECK(plan->n_requantized == 5);
  REQUIRE(quantize_to(q8, folder.in("again.gguf"), "Q8_0").ok());
  CHECK(test::read_file(q8) == test::read_file(folder.in("again.gguf")));
}

// An importance matrix as llama-imatrix writes it.
void write_importance(const std::string& path, const std::string& weight,
                      const std::vector<float>& sums, std::uint64_t n_matrices) {
  gguf::MetadataBuilder metadata;
  REQUIRE(metadata.set_string("general.type", "imatrix").ok());
  const std::vector<gguf::TensorPlan> plans = {
      {weight + ".in_sum2", {sums.size() / n_matrices, n_matrices}, FORGE_TYPE_F32}};
  auto writer = gguf::Writer::create(path, metadata, plans, {});
  REQUIRE(writer.ok());
  REQUIRE(writer->write(plans[0].name, std::as_bytes(std::span(sums))).ok());
  REQUIRE(writer->finish().ok());
}

TEST_CASE("an importance matrix is read and used, or refused") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  std::vector<float> sums(256, 1.0f);
  for (std::size_t i = 0; i < 32; ++i) sums[8 * i] = 1000;
  const std::string matrix = folder.in("imatrix.gguf");
  write_importance(matrix, "blk.0.attn_q.weight", sums, 1);
  const auto importance = Importance::open(matrix);
  REQUIRE(importance.ok());
  CHECK(importance->size() == 1);

  std::vector<std::string> weighted;
  RunOptions options;
  options.importance = &*importance;
  options.finished = [&](const TensorStep& step, bool with_importance) {
    if (with_importance) weighted.emplace_back(gguf::name_of(*step.tensor));
  };
  const std::string out = folder.in("out.gguf");
  const std::string plain = folder.in("plain.gguf");
  REQUIRE(quantize_to(in, out, "Q4_0", options).ok());
  REQUIRE(quantize_to(in, plain, "Q4_0").ok());
  CHECK(weighted == std::vector<std::string>{"blk.0.attn_q.weight"});
  const auto error = [&](const std::string& path) {
    const std::vector<float> before = numbers_of(open_file(in), "blk.0.attn_q.weight");
    const std::vector<float> after = numbers_of(open_file(path), "blk.0.attn_q.weight");
    double sum = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
      sum += double{sums[i % 256]} * std::pow(double{before[i]} - double{after[i]}, 2);
    return sum;
  };
  CHECK(error(out) < 0.8 * error(plain));
  CHECK(open_file(out).metadata().get_string("quantize.imatrix.file").value() == matrix);
  CHECK(numbers_of(open_file(out), "blk.1.attn_q.weight") ==
        numbers_of(open_file(plain), "blk.1.attn_q.weight"));

  const std::string wrong = folder.in("wrong.gguf");
  write_importance(wrong, "blk.0.attn_q.weight", std::vector<float>(128, 1.0f), 1);
  const auto other = Importance::open(wrong);
  REQUIRE(other.ok());
  options.importance = &*other;
  const Status status = quantize_to(in, folder.in("x.gguf"), "Q4_0", options);
  CHECK(status.code() == Code::kInvalidArgument);
  CHECK(status.message().find("is for another model") != std::string::npos);
  const auto none = Importance::open(in);
  CHECK(none.code() == Code::kInvalidArgument);
  CHECK(none.status().message().find("no importance matrix") != std::string::npos);
}

TEST_CASE("the shape that mixtures ask for is read from the metadata") {
  const test::TemporaryFolder folder;
  const std::string in = folder.in("in.gguf");
  test::write_model_file(in, model_metadata(), kModel, codecs());
  const ModelShape shape = shape_of(open_file(in).metadata());
  CHECK(shape.architecture == "llama");
  CHECK(shape.n_layers == 2);
  CHECK(shape.n_heads == 4);
  CHECK(shape.n_kv_heads == 4);
  CHECK(shape.n_experts == 0);
}

}  // namespace
}  // namespace forge::quantize
