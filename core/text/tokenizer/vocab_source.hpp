// core/text/tokenizer/vocab_source.hpp: a vocabulary as a model file states it, unchecked.
#ifndef FORGE_CORE_TEXT_TOKENIZER_VOCAB_SOURCE_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_VOCAB_SOURCE_HPP_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/token.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {
class Metadata;
}

namespace forge::text {

// Pure data; Vocab::create checks it. All views point into the model file (or wherever the caller
// keeps the text) and must outlive every Vocab and Tokenizer made from them.
//
// Whoever knows the model's architecture may fill gaps between reading and Vocab::create: `pre`
// when empty, `add_bos` when absent.
struct VocabSource {
  std::string_view model;                // tokenizer.ggml.model: "gpt2" or "llama"
  std::string_view pre;                  // tokenizer.ggml.pre; empty: absent
  std::vector<std::string_view> tokens;  // [n_vocab], in the model's encoding
  std::vector<float> scores;             // [n_vocab], or empty: all 0
  std::vector<std::int32_t> types;       // [n_vocab] TokenType, or empty: all normal
  // "left right", most urgent first; nullopt: absent.
  std::optional<std::vector<std::string_view>> merges;
  std::array<std::optional<std::uint64_t>, kTokenRoleCount> roles;  // by TokenRole
  std::optional<bool> add_bos;
  std::optional<bool> add_eos;
  std::optional<bool> add_space_prefix;
  std::string_view model_name;    // general.name; some models' tokens strip whitespace by it
  std::string_view architecture;  // general.architecture, for the same purpose
};

// Most tokens and merges of a vocabulary; files that state more are refused.
inline constexpr std::uint64_t kMaxTokens = 1u << 22;
inline constexpr std::uint64_t kMaxMerges = 1u << 24;

// Reads the tokenizer.ggml.* keys. Views of the result point into the metadata's file.
// Errors: kNotFound for a missing tokenizer, kInvalidArgument for keys of a wrong type or size;
// they name the key.
Result<VocabSource> read_vocab_source(const gguf::Metadata& metadata);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_VOCAB_SOURCE_HPP_
