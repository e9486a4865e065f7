#include "tests/support/tiny_model.hpp"

#include <random>
#include <string_view>

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/metadata_builder.hpp"
#include "core/gguf/writer.hpp"
#include "core/text/tokenizer/byte_level.hpp"
#include "forge/sdk/dense_decoder.hpp"
#include "forge/sdk/kernel_pack.hpp"
#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::test {
namespace {

using sdk::DenseDecoder;
using sdk::Presence;

constexpr DenseDecoder kQwen3 = {
    .rope_mode = FORGE_ROPE_NEOX, .qkv_bias = Presence::kOptional, .qk_norm = Presence::kRequired};
constexpr DenseDecoder kLlama = {.rope_mode = FORGE_ROPE_NORM,
                                 .qkv_bias = Presence::kOptional,
                                 .rope_factors = Presence::kOptional,
                                 .sliding_window = true};

forge_status build(const forge_host_model_v1* model, const forge_host_graph_builder_v1* builder,
                   forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    const bool qwen3 = sdk::Model(*model, message).architecture() == "qwen3";
    return sdk::build_dense_decoder(qwen3 ? kQwen3 : kLlama, *model, *builder, message);
  });
}

constexpr const char* kNames[] = {"qwen3", "llama"};
constexpr forge_plugin_architecture_v1 kArchitecture = {sizeof(forge_plugin_architecture_v1),
                                                        std::size(kNames), kNames, build, nullptr};

constexpr std::string_view kChatTemplate =
    "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|stop|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

void add_tokenizer(gguf::MetadataBuilder& metadata, const TinyModel& shape) {
  std::vector<std::string> tokens(256);
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    text::append_byte_level({&c, 1}, tokens[static_cast<std::size_t>(byte)]);
  }
  for (const char* more : {"he", "ll", "th", "the", "<|end|>", "<|start|>", "<|stop|>"})
    tokens.emplace_back(more);
  REQUIRE(tokens.size() == kTinyTokens);
  std::vector<std::int32_t> types(tokens.size(), 1);
  for (const std::int32_t control : {kTinyEnd, kTinyStart, kTinyStop})
    types[static_cast<std::size_t>(control)] = 3;
  const std::vector<std::string_view> views(tokens.begin(), tokens.end());
  const std::vector<std::string_view> merges = {"t h", "h e", "l l", "t he", "th e"};
  bool ok = metadata.set_string("tokenizer.ggml.model", "gpt2").ok();
  ok = ok && metadata.set_string("tokenizer.ggml.pre", "qwen2").ok();
  ok = ok && metadata.set_array("tokenizer.ggml.tokens", gguf::encode_strings(views)).ok();
  ok = ok && metadata
                 .set_array("tokenizer.ggml.token_type",
                            gguf::encode_array(std::span<const std::int32_t>(types)))
                 .ok();
  ok = ok && metadata.set_array("tokenizer.ggml.merges", gguf::encode_strings(merges)).ok();
  ok = ok && metadata.set_u32("tokenizer.ggml.eos_token_id", kTinyEnd).ok();
  ok = ok && metadata.set_bool("tokenizer.ggml.add_bos_token", false).ok();
  if (shape.chat_template)
    ok = ok && metadata.set_string("tokenizer.chat_template", kChatTemplate).ok();
  REQUIRE(ok);
}

gguf::MetadataBuilder metadata_of(const TinyModel& shape) {
  gguf::MetadataBuilder metadata;
  const auto key = [&](std::string_view name) {
    return shape.architecture + "." + std::string(name);
  };
  bool ok = metadata.set_string("general.architecture", shape.architecture).ok();
  ok = ok && metadata.set_string("general.name", "tiny").ok();
  const auto number = [&](std::string_view name, std::uint32_t value) {
    ok = ok && metadata.set_u32(key(name), value).ok();
  };
  number("embedding_length", shape.n_embd);
  number("block_count", shape.n_layers);
  number("context_length", shape.n_ctx);
  number("feed_forward_length", shape.n_ff);
  number("attention.head_count", shape.n_heads);
  number("attention.head_count_kv", shape.n_kv_heads);
  number("attention.key_length", shape.head_dim);
  number("attention.value_length", shape.head_dim);
  number("rope.dimension_count", shape.head_dim);
  if (shape.window != 0) number("attention.sliding_window", shape.window);
  ok = ok && metadata.set_f32(key("attention.layer_norm_rms_epsilon"), 1e-6f).ok();
  REQUIRE(ok);
  add_tokenizer(metadata, shape);
  return metadata;
}

std::vector<gguf::TensorPlan> tensors_of(const TinyModel& s) {
  const std::uint32_t f32 = FORGE_TYPE_F32;
  const std::uint64_t vocab = kTinyTokens;
  std::vector<gguf::TensorPlan> list = {{"token_embd.weight", {s.n_embd, vocab}, s.embedding_type},
                                        {"output_norm.weight", {s.n_embd}, f32}};
  if (!s.tied) list.push_back({"output.weight", {s.n_embd, vocab}, s.matrix_type});
  const std::uint64_t q = std::uint64_t{s.n_heads} * s.head_dim;
  const std::uint64_t kv = std::uint64_t{s.n_kv_heads} * s.head_dim;
  for (std::uint32_t layer = 0; layer < s.n_layers; ++layer) {
    const std::string blk = "blk." + std::to_string(layer) + ".";
    const auto matrix = [&](const char* name, std::uint64_t n_in, std::uint64_t n_out) {
      list.push_back({blk + name + ".weight", {n_in, n_out}, s.matrix_type});
    };
    list.push_back({blk + "attn_norm.weight", {s.n_embd}, f32});
    list.push_back({blk + "ffn_norm.weight", {s.n_embd}, f32});
    matrix("attn_q", s.n_embd, q);
    matrix("attn_k", s.n_embd, kv);
    matrix("attn_v", s.n_embd, kv);
    matrix("attn_output", q, s.n_embd);
    matrix("ffn_gate", s.n_embd, s.n_ff);
    matrix("ffn_up", s.n_embd, s.n_ff);
    matrix("ffn_down", s.n_ff, s.n_embd);
    if (s.architecture == "qwen3") {
      list.push_back({blk + "attn_q_norm.weight", {s.head_dim}, f32});
      list.push_back({blk + "attn_k_norm.weight", {s.head_dim}, f32});
    }
  }
  return list;
}

}  // namespace

void write_tiny_model(const std::string& path, const TinyModel& shape) {
  const CodecView& codecs = process_codecs().view();
  const std::vector<gguf::TensorPlan> plans = tensors_of(shape);
  gguf::Writer::Options options;
  options.types = gguf::codec_types(codecs);
  auto writer = gguf::Writer::create(path, metadata_of(shape), plans, options);
  INFO(writer.status().message());
  REQUIRE(writer.ok());
  std::mt19937 engine(shape.seed);
  std::normal_distribution<float> normal(0, 1);
  for (const gguf::TensorPlan& plan : plans) {
    const bool is_norm = plan.shape.size() == 1;
    const bool is_embedding = plan.name == "token_embd.weight";
    std::size_t n = 1;
    for (const std::uint64_t extent : plan.shape) n *= extent;
    std::vector<float> x(n);
    for (float& v : x)
      v = is_norm ? 1 + 0.1f * normal(engine) : normal(engine) * (is_embedding ? 1 : shape.spread);
    const forge_codec_v1* codec = codecs.find(plan.type);
    std::vector<std::byte> bytes(n / codec->block_elements * codec->block_bytes);
    REQUIRE(codec->quantize(x.data(), nullptr, n / plan.shape[0], plan.shape[0], bytes.data(),
                            nullptr) == FORGE_OK);
    REQUIRE(writer->write(plan.name, bytes).ok());
  }
  REQUIRE(writer->finish().ok());
}

const plugin::PluginView& tiny_architectures() {
  static plugin::PluginRegistry& registry = [&]() -> plugin::PluginRegistry& {
    core_services();
    auto* made = new plugin::PluginRegistry(process_codecs());  // like the plugins: until the end
    plugin::Candidate candidate;
    candidate.found.id = "tiny-architectures";
    plugin::Instance instance;
    instance.architecture = &kArchitecture;
    REQUIRE(made->add(candidate, instance, {}).ok());
    return *made;
  }();
  return registry.view();
}

std::shared_ptr<const engine::Model> open_tiny_model(const TinyModel& shape) {
  const Scratch scratch;
  const std::string path = (scratch / "tiny.gguf").string();
  write_tiny_model(path, shape);
  auto model = engine::Model::open(path, tiny_architectures());  // mapped: the file may go
  INFO(model.status().message());
  REQUIRE(model.ok());
  INFO((*model)->tokenizer_status().message());
  REQUIRE((*model)->tokenizer_status().ok());
  return *model;
}

std::unique_ptr<engine::Engine> tiny_engine(std::shared_ptr<const engine::Model> model,
                                            engine::EngineOptions options,
                                            std::vector<std::shared_ptr<graph::PackDevice>> packs) {
  if (options.memory_limit == 0) options.memory_limit = std::uint64_t{1} << 30;
  auto made = engine::Engine::create(std::move(model), std::move(packs), options, {});
  INFO(made.status().message());
  REQUIRE(made.ok());
  return std::move(made).value();
}

}  // namespace forge::test
