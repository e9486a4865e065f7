// core/gguf/summary.hpp: what a file says about its model, gathered for people.
#ifndef FORGE_CORE_GGUF_SUMMARY_HPP_
#define FORGE_CORE_GGUF_SUMMARY_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gguf/file.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// One type of tensor and how much of the file it is.
struct TypeUse {
  std::uint32_t type = 0;
  std::string name;
  std::uint64_t n_tensors = 0;
  std::uint64_t n_elements = 0;
  std::uint64_t n_bytes = 0;  // 0 for an unknown type
};

// A token with a role: "bos", its number, its text in the vocabulary ("" when out of range).
struct SpecialToken {
  std::string_view role;
  std::uint64_t id = 0;
  std::string_view text;
};

// Hyper-parameters by the keys of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, each
// absent when the key is, or has another type than it should. Numbers that may differ between
// layers are lists: of one number, or of one a layer.
struct ModelShape {
  std::optional<std::uint64_t> context_length, embedding_length, n_layers, vocab_size;
  std::vector<std::uint64_t> feed_forward_length, n_heads, n_kv_heads;
  std::optional<std::uint64_t> key_length, value_length, sliding_window;
  std::optional<std::uint64_t> n_experts, n_experts_used;
};

struct RopeInfo {
  std::optional<double> base, scaling_factor;
  std::optional<std::uint64_t> n_dims, original_context_length;
  std::optional<std::string_view> scaling;
  bool has_frequency_factors = false;  // a tensor rope_freqs.weight is there
};

struct TokenizerInfo {
  std::optional<std::string_view> model, pre;
  std::uint64_t n_tokens = 0;
  std::uint64_t n_merges = 0;
  std::vector<SpecialToken> special;
  std::optional<bool> add_bos, add_eos;
  std::optional<std::uint64_t> chat_template_bytes;
  std::vector<std::string_view> named_templates;  // of the keys tokenizer.chat_template.<name>
};

// Views into the file: valid as long as the File.
struct Summary {
  std::optional<std::string_view> architecture, name;
  std::optional<std::uint64_t> file_type;
  std::string_view file_type_name;  // "Q4_K_M"; "" when absent or not known
  std::uint64_t n_parameters = 0;   // elements of all tensors
  std::uint64_t tensor_bytes = 0;   // without padding
  // Of all tensors; absent without tensors or with one of unknown type.
  std::optional<double> bits_per_weight;
  std::vector<TypeUse> types;  // most bytes first
  ModelShape shape;
  RopeInfo rope;
  TokenizerInfo tokenizer;
};

// Never refuses: what is odd is left out. May only fail for want of memory.
Result<Summary> summarize(const File& file);

// Name of a general.file_type (llama_ftype in llama.cpp's include/llama.h); "" for others.
std::string_view file_type_name(std::uint64_t file_type);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_SUMMARY_HPP_
