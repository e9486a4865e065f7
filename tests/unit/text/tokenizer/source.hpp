// tests/unit/text/tokenizer/source.hpp: vocabularies put together token by token.
#ifndef FORGE_TESTS_UNIT_TEXT_TOKENIZER_SOURCE_HPP_
#define FORGE_TESTS_UNIT_TEXT_TOKENIZER_SOURCE_HPP_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/tokenizer/byte_level.hpp"
#include "core/text/tokenizer/vocab_source.hpp"

namespace forge::text::testing {

// A VocabSource and the strings it points to.
struct Source {
  VocabSource vocab;
  std::deque<std::string> strings;  // addresses stay

  std::string_view keep(std::string text) { return strings.emplace_back(std::move(text)); }

  TokenId add(std::string text, TokenType type = TokenType::kNormal, float score = 0) {
    vocab.tokens.push_back(keep(std::move(text)));
    vocab.types.push_back(static_cast<std::int32_t>(type));
    vocab.scores.push_back(score);
    return static_cast<TokenId>(vocab.tokens.size() - 1);
  }

  // Both parts must be tokens already; adds the result.
  void merge(const std::string& left, const std::string& right) {
    if (!vocab.merges) vocab.merges.emplace();
    vocab.merges->push_back(keep(left + " " + right));
    for (const std::string_view token : vocab.tokens) {
      if (token == left + right) return;
    }
    add(left + right);
  }

  std::optional<std::uint64_t>& role(TokenRole role) {
    return vocab.roles[static_cast<std::size_t>(role)];
  }
};

// Token b is byte b; no merges, no special tokens.
inline std::unique_ptr<Source> byte_level_source() {
  auto source = std::make_unique<Source>();
  source->vocab.model = "gpt2";
  source->vocab.pre = "gpt-2";
  source->vocab.merges.emplace();
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    std::string text;
    append_byte_level({&c, 1}, text);
    source->add(text);
  }
  return source;
}

// <unk>, <s>, </s> and the bytes from token 3.
inline std::unique_ptr<Source> spm_source() {
  auto source = std::make_unique<Source>();
  source->vocab.model = "llama";
  source->add("<unk>", TokenType::kUnknown);
  source->add("<s>", TokenType::kControl);
  source->add("</s>", TokenType::kControl);
  constexpr char kHex[] = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    source->add(std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15u] + ">", TokenType::kByte);
  }
  return source;
}

}  // namespace forge::text::testing

#endif  // FORGE_TESTS_UNIT_TEXT_TOKENIZER_SOURCE_HPP_
