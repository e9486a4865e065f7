// core/text/tokenizer/known_tokens.hpp: token texts whose meaning is known by convention.
//
// GGUF files rarely say which tokens end an answer or mark the parts of a fill-in-the-middle
// prompt, and some give such tokens the wrong type. Their texts say it. The names are those that
// llama.cpp goes by, so that both tokenize alike.
#ifndef FORGE_CORE_TEXT_TOKENIZER_KNOWN_TOKENS_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_KNOWN_TOKENS_HPP_

#include <optional>
#include <span>
#include <string_view>

#include "core/text/tokenizer/token.hpp"

namespace forge::text {

struct KnownToken {
  std::string_view text;
  std::optional<TokenRole> role;  // taken when the file names no token for the role
  bool ends_generation;
};

// Several texts for one role: the earlier row wins.
std::span<const KnownToken> known_tokens();

// Control tokens of the gpt-oss format that are part of its visible text.
std::span<const std::string_view> harmony_tokens();

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_KNOWN_TOKENS_HPP_
