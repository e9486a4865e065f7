#include "core/gguf/summary.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/base/guard.hpp"

namespace forge::gguf {
namespace {

// Tolerant lookups: absent and wrong are the same here.
class Keys {
 public:
  Keys(const Metadata& metadata, std::string_view architecture)
      : metadata_(metadata), architecture_(architecture) {}

  // key: below the architecture's name.
  std::optional<std::uint64_t> number(std::string_view key) const {
    const Value* value = find(key);
    return value ? value->to_u64() : std::nullopt;
  }
  std::optional<double> real(std::string_view key) const {
    const Value* value = find(key);
    return value ? value->to_f64() : std::nullopt;
  }
  std::optional<std::string_view> text(std::string_view key) const {
    const Value* value = find(key);
    return value ? value->to_string() : std::nullopt;
  }
  std::vector<std::uint64_t> numbers(std::string_view key) const {
    Result<std::vector<std::uint64_t>> list = metadata_.get_numbers<std::uint64_t>(full(key));
    return list.ok() ? std::move(list).value() : std::vector<std::uint64_t>{};
  }

 private:
  std::string full(std::string_view key) const { return fmt::format("{}.{}", architecture_, key); }
  const Value* find(std::string_view key) const { return metadata_.find(full(key)); }

  const Metadata& metadata_;
  std::string_view architecture_;
};

std::optional<std::string_view> text_of(const Metadata& metadata, std::string_view key) {
  const Value* value = metadata.find(key);
  return value ? value->to_string() : std::nullopt;
}

std::uint64_t array_size(const Metadata& metadata, std::string_view key) {
  const Result<Array> array = metadata.get_array(key);
  return array.ok() ? array->size() : 0;
}

std::vector<TypeUse> type_uses(const TensorTable& tensors) {
  std::map<std::uint32_t, TypeUse> by_type;
  for (const forge_tensor_v1& tensor : tensors) {
    TypeUse& use = by_type[tensor.type];
    use.type = tensor.type;
    ++use.n_tensors;
    use.n_elements += element_count(tensor);
    use.n_bytes += tensor.n_bytes;
  }
  std::vector<TypeUse> uses;
  for (auto& [type, use] : by_type) {
    use.name = tensors.type_name(type);
    uses.push_back(std::move(use));
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const TypeUse& a, const TypeUse& b) { return a.n_bytes > b.n_bytes; });
  return uses;
}

ModelShape shape_of(const Keys& keys) {
  ModelShape shape;
  shape.context_length = keys.number("context_length");
  shape.embedding_length = keys.number("embedding_length");
  shape.n_layers = keys.number("block_count");
  shape.vocab_size = keys.number("vocab_size");
  shape.feed_forward_length = keys.numbers("feed_forward_length");
  shape.n_heads = keys.numbers("attention.head_count");
  shape.n_kv_heads = keys.numbers("attention.head_count_kv");
  shape.key_length = keys.number("attention.key_length");
  shape.value_length = keys.number("attention.value_length");
  shape.sliding_window = keys.number("attention.sliding_window");
  shape.n_experts = keys.number("expert_count");
  shape.n_experts_used = keys.number("expert_used_count");
  return shape;
}

RopeInfo rope_of(const Keys& keys, const TensorTable& tensors) {
  RopeInfo rope;
  rope.base = keys.real("rope.freq_base");
  rope.n_dims = keys.number("rope.dimension_count");
  rope.scaling = keys.text("rope.scaling.type");
  rope.scaling_factor = keys.real("rope.scaling.factor");
  rope.original_context_length = keys.number("rope.scaling.original_context_length");
  rope.has_frequency_factors = tensors.find("rope_freqs.weight") != nullptr;
  return rope;
}

// Roles and the keys that number them; "seperator" is how the format spells it.
constexpr std::pair<std::string_view, std::string_view> kSpecialTokens[] = {
    {"bos", "tokenizer.ggml.bos_token_id"},
    {"eos", "tokenizer.ggml.eos_token_id"},
    {"eot", "tokenizer.ggml.eot_token_id"},
    {"eom", "tokenizer.ggml.eom_token_id"},
    {"unknown", "tokenizer.ggml.unknown_token_id"},
    {"separator", "tokenizer.ggml.seperator_token_id"},
    {"padding", "tokenizer.ggml.padding_token_id"},
    {"cls", "tokenizer.ggml.cls_token_id"},
    {"mask", "tokenizer.ggml.mask_token_id"},
    {"fim_pre", "tokenizer.ggml.fim_pre_token_id"},
    {"fim_suf", "tokenizer.ggml.fim_suf_token_id"},
    {"fim_mid", "tokenizer.ggml.fim_mid_token_id"},
    {"fim_pad", "tokenizer.ggml.fim_pad_token_id"},
    {"fim_rep", "tokenizer.ggml.fim_rep_token_id"},
    {"fim_sep", "tokenizer.ggml.fim_sep_token_id"},
};

std::vector<SpecialToken> special_tokens(const Metadata& metadata) {
  std::vector<SpecialToken> special;
  for (const auto& [role, key] : kSpecialTokens) {
    const Result<std::uint64_t> id = metadata.get_u64(key);
    if (id.ok()) special.push_back({role, *id, {}});
  }
  const Result<StringArray> tokens = metadata.get_strings("tokenizer.ggml.tokens");
  if (!tokens.ok()) return special;
  std::uint64_t index = 0;
  for (const std::string_view token : *tokens) {
    for (SpecialToken& one : special) {
      if (one.id == index) one.text = token;
    }
    ++index;
  }
  return special;
}

std::optional<bool> flag(const Metadata& metadata, std::string_view key) {
  const Value* value = metadata.find(key);
  return value ? value->to_bool() : std::nullopt;
}

TokenizerInfo tokenizer_of(const Metadata& metadata) {
  constexpr std::string_view kTemplate = "tokenizer.chat_template";
  TokenizerInfo info;
  info.model = text_of(metadata, "tokenizer.ggml.model");
  info.pre = text_of(metadata, "tokenizer.ggml.pre");
  info.n_tokens = array_size(metadata, "tokenizer.ggml.tokens");
  info.n_merges = array_size(metadata, "tokenizer.ggml.merges");
  info.special = special_tokens(metadata);
  info.add_bos = flag(metadata, "tokenizer.ggml.add_bos_token");
  info.add_eos = flag(metadata, "tokenizer.ggml.add_eos_token");
  if (const auto text = text_of(metadata, kTemplate)) info.chat_template_bytes = text->size();
  for (const Metadata::Entry& entry : metadata.entries()) {
    if (entry.key.starts_with(kTemplate) && entry.key.size() > kTemplate.size() + 1 &&
        entry.key[kTemplate.size()] == '.')
      info.named_templates.push_back(entry.key.substr(kTemplate.size() + 1));
  }
  return info;
}

}  // namespace

Result<Summary> summarize(const File& file) {
  return guarded([&]() -> Result<Summary> {
    const Metadata& metadata = file.metadata();
    Summary summary;
    summary.architecture = text_of(metadata, "general.architecture");
    summary.name = text_of(metadata, "general.name");
    if (const Value* value = metadata.find("general.file_type"))
      summary.file_type = value->to_u64();
    if (summary.file_type) summary.file_type_name = file_type_name(*summary.file_type);
    summary.types = type_uses(file.tensors());
    bool all_known = !summary.types.empty();
    for (const TypeUse& use : summary.types) {
      summary.n_parameters += use.n_elements;
      summary.tensor_bytes += use.n_bytes;
      all_known = all_known && use.n_bytes != 0;
    }
    if (all_known) {
      summary.bits_per_weight = 8.0 * static_cast<double>(summary.tensor_bytes) /
                                static_cast<double>(summary.n_parameters);
    }
    const Keys keys(metadata, summary.architecture.value_or(""));
    summary.shape = shape_of(keys);
    summary.rope = rope_of(keys, file.tensors());
    summary.tokenizer = tokenizer_of(metadata);
    return summary;
  });
}

std::string_view file_type_name(std::uint64_t file_type) {
  constexpr std::array<std::string_view, 42> kNames = {
      "F32",    "F16",    "Q4_0",    "Q4_1",   "",       "",        "",        // 0 to 6
      "Q8_0",   "Q5_0",   "Q5_1",    "Q2_K",   "Q3_K_S", "Q3_K_M",  "Q3_K_L",  // 7 to 13
      "Q4_K_S", "Q4_K_M", "Q5_K_S",  "Q5_K_M", "Q6_K",   "IQ2_XXS", "IQ2_XS",  // 14 to 20
      "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S",  "IQ4_NL", "IQ3_S",   "IQ3_M",   // 21 to 27
      "IQ2_S",  "IQ2_M",  "IQ4_XS",  "IQ1_M",  "BF16",   "",        "",        // 28 to 34
      "",       "TQ1_0",  "TQ2_0",   "MXFP4",  "NVFP4",  "Q1_0",    "Q2_0"};   // 35 to 41
  return file_type < kNames.size() ? kNames[file_type] : "";
}

}  // namespace forge::gguf
