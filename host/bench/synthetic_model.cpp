#include "host/bench/synthetic_model.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <random>

#include "core/base/host_services.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/engine/memory_fit.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/layout.hpp"
#include "core/gguf/metadata_builder.hpp"
#include "core/quantize/mixture.hpp"
#include "host/bench/model_shapes.hpp"

namespace forge::bench {
namespace {

// Elements of a type that are drawn and encoded; tensors are filled with pieces of them.
constexpr std::uint64_t kPoolElements = 1 << 18;

Result<const ModelShape*> find_shape(std::string_view name) {
  for (const ModelShape& shape : kModelShapes) {
    if (shape.name == name) return &shape;
  }
  const std::vector<std::string_view> names = shape_names();
  const std::string meant = did_you_mean(name, names);
  return not_found(
      fmt::format("there is no model shape {}{}", quote(name),
                  meant.empty() ? fmt::format("; known are {}", fmt::join(names, ", ")) : meant));
}

std::vector<gguf::TensorPlan> tensors_of(const ModelShape& s) {
  const std::uint64_t embd = s.n_embd, ff = s.n_ff;
  const std::uint64_t q = std::uint64_t{s.n_heads} * s.head_dim;
  const std::uint64_t kv = std::uint64_t{s.n_kv_heads} * s.head_dim;
  std::vector<gguf::TensorPlan> out = {{"token_embd.weight", {embd, s.n_vocab}, FORGE_TYPE_F16},
                                       {"output_norm.weight", {embd}, FORGE_TYPE_F32}};
  if (!s.tied) out.push_back({"output.weight", {embd, s.n_vocab}, FORGE_TYPE_F16});
  if (s.rope_factors) out.push_back({"rope_freqs.weight", {s.head_dim / 2}, FORGE_TYPE_F32});
  for (std::uint32_t layer = 0; layer < s.n_layers; ++layer) {
    const auto add = [&](const char* name, std::vector<std::uint64_t> shape) {
      const std::uint32_t type = shape.size() > 1 ? FORGE_TYPE_F16 : FORGE_TYPE_F32;
      out.push_back({fmt::format("blk.{}.{}", layer, name), std::move(shape), type});
    };
    add("attn_norm.weight", {embd});
    add("attn_q.weight", {embd, q});
    add("attn_k.weight", {embd, kv});
    add("attn_v.weight", {embd, kv});
    if (s.architecture == "qwen2") {
      add("attn_q.bias", {q});
      add("attn_k.bias", {kv});
      add("attn_v.bias", {kv});
    }
    if (s.architecture == "qwen3") {
      add("attn_q_norm.weight", {s.head_dim});
      add("attn_k_norm.weight", {s.head_dim});
    }
    add("attn_output.weight", {q, embd});
    add("ffn_norm.weight", {embd});
    add("ffn_gate.weight", {embd, ff});
    add("ffn_up.weight", {embd, ff});
    add("ffn_down.weight", {ff, embd});
  }
  return out;
}

Result<gguf::MetadataBuilder> metadata_of(const ModelShape& s, const std::string& name) {
  gguf::MetadataBuilder m;
  FORGE_TRY(m.set_string("general.architecture", s.architecture));
  FORGE_TRY(m.set_string("general.name", name));
  FORGE_TRY(m.set_string("tokenizer.ggml.model", "no_vocab"));  // as other engines know it
  const auto key = [&](const char* end) { return fmt::format("{}.{}", s.architecture, end); };
  FORGE_TRY(m.set_u32(key("vocab_size"), s.n_vocab));
  FORGE_TRY(m.set_u32(key("context_length"), s.n_ctx));
  FORGE_TRY(m.set_u32(key("embedding_length"), s.n_embd));
  FORGE_TRY(m.set_u32(key("block_count"), s.n_layers));
  FORGE_TRY(m.set_u32(key("feed_forward_length"), s.n_ff));
  FORGE_TRY(m.set_u32(key("attention.head_count"), s.n_heads));
  FORGE_TRY(m.set_u32(key("attention.head_count_kv"), s.n_kv_heads));
  FORGE_TRY(m.set_u32(key("attention.key_length"), s.head_dim));
  FORGE_TRY(m.set_u32(key("attention.value_length"), s.head_dim));
  FORGE_TRY(m.set_u32(key("rope.dimension_count"), s.head_dim));
  FORGE_TRY(m.set_f32(key("rope.freq_base"), s.rope_base));
  FORGE_TRY(m.set_f32(key("attention.layer_norm_rms_epsilon"), s.eps));
  return m;
}

Status choose_types(const ModelShape& s, std::string_view type, const CodecView& codecs,
                    std::vector<gguf::TensorPlan>& plans) {
  FORGE_ASSIGN(const quantize::Mixture mixture, quantize::find_mixture(type, codecs));
  std::vector<forge_tensor_v1> tensors;
  for (const gguf::TensorPlan& plan : plans) {
    forge_tensor_v1 tensor = {};
    tensor.struct_size = sizeof(tensor);
    tensor.type = plan.type;
    tensor.name = {plan.name.data(), plan.name.size()};
    tensor.n_dims = static_cast<std::uint32_t>(plan.shape.size());
    std::fill_n(tensor.shape, FORGE_MAX_DIMS, 1);
    std::copy(plan.shape.begin(), plan.shape.end(), tensor.shape);
    tensors.push_back(tensor);
  }
  const quantize::ModelShape shape = {std::string(s.architecture), s.n_layers, s.n_heads,
                                      s.n_kv_heads, 0};
  FORGE_ASSIGN(const std::vector<std::uint32_t> types,
               quantize::choose_types(mixture, shape, tensors, {}, codecs));
  for (std::size_t i = 0; i < plans.size(); ++i) plans[i].type = types[i];
  return {};
}

// Encoded random numbers, one row of them per type.
class Pools {
 public:
  explicit Pools(const CodecView& codecs) : codecs_(codecs) {}

  Status fill(std::uint32_t type, std::span<std::byte> out) {
    FORGE_ASSIGN(const std::vector<std::byte>* pool, pool_of(type));
    const std::uint64_t block = codecs_.find(type)->block_bytes;
    const std::uint64_t n_blocks = pool->size() / block;
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t from = random_() % n_blocks * block;
      const std::size_t n = std::min<std::size_t>(out.size() - done, pool->size() - from);
      std::memcpy(out.data() + done, pool->data() + from, n);
      done += n;
    }
    return {};
  }

 private:
  Result<const std::vector<std::byte>*> pool_of(std::uint32_t type) {
    std::vector<std::byte>& pool = pools_[type];
    if (!pool.empty()) return &pool;
    const forge_codec_v1* codec = codecs_.find(type);
    if (codec == nullptr || codec->quantize == nullptr)
      return unimplemented(fmt::format("{} cannot be encoded here", codecs_.name_of(type)));
    std::normal_distribution<float> normal(0.0f, 0.02f);
    std::vector<float> x(kPoolElements);
    // Of BF16, as models are trained in it.
    for (float& v : x)
      v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(normal(random_)) & 0xffff0000);
    pool.resize(kPoolElements / codec->block_elements * codec->block_bytes);
    forge_message message;
    const forge_status code =
        codec->quantize(x.data(), nullptr, 1, kPoolElements, pool.data(), &message);
    FORGE_TRY(from_abi(code, message));
    return &pool;
  }

  const CodecView& codecs_;
  std::mt19937_64 random_{1};
  std::map<std::uint32_t, std::vector<std::byte>> pools_;
};

Status fill(const gguf::Layout& layout, const std::vector<gguf::TensorPlan>& plans,
            const CodecView& codecs, std::span<std::byte> file) {
  std::memcpy(file.data(), layout.header.data(), layout.header.size());
  Pools pools(codecs);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const std::span<std::byte> out =
        file.subspan(layout.tensors[i].offset, layout.tensors[i].n_bytes);
    if (plans[i].shape.size() > 1) {
      FORGE_TRY(pools.fill(plans[i].type, out));
      continue;
    }
    const float value = plans[i].name.ends_with(".bias") ? 0.0f : 1.0f;  // norms and RoPE factors
    for (std::size_t at = 0; at < out.size(); at += sizeof(float))
      std::memcpy(out.data() + at, &value, sizeof(float));
  }
  return {};
}

}  // namespace

std::vector<std::string_view> shape_names() {
  std::vector<std::string_view> names;
  for (const ModelShape& shape : kModelShapes) names.push_back(shape.name);
  return names;
}

Result<std::unique_ptr<SyntheticModel>> SyntheticModel::create(std::string_view name,
                                                               const CodecView& codecs) {
  const std::size_t colon = name.find(':');
  FORGE_ASSIGN(const ModelShape* shape, find_shape(name.substr(0, colon)));
  const std::string type(colon == std::string_view::npos ? "Q4_K_M" : name.substr(colon + 1));
  std::vector<gguf::TensorPlan> plans = tensors_of(*shape);
  FORGE_TRY(choose_types(*shape, type, codecs, plans));
  std::unique_ptr<SyntheticModel> model(new SyntheticModel);
  model->name_ = fmt::format("{}:{}", shape->name, type);
  FORGE_ASSIGN(const gguf::MetadataBuilder metadata, metadata_of(*shape, model->name_));
  FORGE_ASSIGN(const gguf::Layout layout,
               gguf::plan_layout(metadata, plans, gguf::codec_types(codecs)));
  const std::uint64_t available = engine::available_memory();
  // The file stays in memory beside what the pack makes of it.
  if (available != 0 && 2 * layout.file_bytes > available)
    return resource_exhausted(fmt::format(
        "{} takes {:.1f} GB and its generation twice that; {:.1f} GB are free", model->name_,
        static_cast<double>(layout.file_bytes) * 1e-9, static_cast<double>(available) * 1e-9));
  void* data = mmap(nullptr, layout.file_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return resource_exhausted(fmt::format("no memory for {}", model->name_));
  model->bytes_ = {static_cast<std::byte*>(data), layout.file_bytes};
  FORGE_TRY(fill(layout, plans, codecs, model->bytes_));
  return model;
}

SyntheticModel::~SyntheticModel() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace forge::bench
