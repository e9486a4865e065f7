// core/text/tokenizer/token.hpp: what a token is.
#ifndef FORGE_CORE_TEXT_TOKENIZER_TOKEN_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_TOKEN_HPP_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace forge::text {

// Index into the vocabulary, 0 <= id < Vocab::size().
using TokenId = std::int32_t;
inline constexpr TokenId kNoToken = -1;

// Values of tokenizer.ggml.token_type. Any other value reads as kUndefined.
enum class TokenType : std::int32_t {
  kUndefined = 0,
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

// Attributes of a token, as bits: its type, plus what known token texts add to it.
using TokenAttributes = std::uint8_t;
inline constexpr TokenAttributes kTokenNormal = 1u << 0;       // text, in the vocabulary's encoding
inline constexpr TokenAttributes kTokenUnknown = 1u << 1;      // stands for what has no token
inline constexpr TokenAttributes kTokenControl = 1u << 2;      // never part of ordinary text
inline constexpr TokenAttributes kTokenUserDefined = 1u << 3;  // found in text before all else
inline constexpr TokenAttributes kTokenUnused = 1u << 4;       // a hole in the numbering
inline constexpr TokenAttributes kTokenByte = 1u << 5;         // "<0x0A>": one byte
inline constexpr TokenAttributes kTokenStripLeft = 1u << 6;    // takes the whitespace before it
inline constexpr TokenAttributes kTokenStripRight = 1u << 7;   // takes the whitespace after it
// Those whose texts are looked for in text, some or all of them.
inline constexpr TokenAttributes kTokenSpecial = kTokenControl | kTokenUserDefined | kTokenUnknown;

// Tokens with a job. The order is that of role_key().
enum class TokenRole : std::uint8_t {
  kBos,
  kEos,
  kEot,  // end of a turn
  kEom,  // end of a message that is not the turn's last, such as a tool call
  kUnknown,
  kSeparator,
  kPadding,
  kMask,
  kFimPrefix,
  kFimSuffix,
  kFimMiddle,
  kFimPadding,
  kFimRepository,
  kFimFile,
};
inline constexpr std::size_t kTokenRoleCount = 14;

// "tokenizer.ggml.bos_token_id" and so on: the metadata key that names the role's token.
std::string_view role_key(TokenRole role);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_TOKEN_HPP_
