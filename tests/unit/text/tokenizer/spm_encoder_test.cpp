#include "core/text/tokenizer/spm_encoder.hpp"

#include <limits>
#include <random>

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::require;
using testing::Source;
using testing::spm_source;

constexpr std::string_view kSpace = "▁";

std::vector<TokenId> encode(const SpmEncoder& encoder, std::string_view text, bool space_first) {
  SpmEncoder::Scratch scratch(encoder);
  std::vector<TokenId> tokens;
  REQUIRE(encoder.encode(text, space_first, scratch, tokens).ok());
  std::vector<TokenId> again;
  REQUIRE(encoder.encode(text, space_first, scratch, again).ok());
  REQUIRE(again == tokens);
  return tokens;
}

// The definition: characters; join the pair whose text is the token of highest score, leftmost
// first.
std::vector<TokenId> by_definition(const Vocab& vocab, std::string_view text, bool space_first) {
  std::string escaped(space_first ? kSpace : "");
  for (const char c : text) escaped += c == ' ' ? std::string(kSpace) : std::string(1, c);
  std::vector<std::string> symbols;
  for (std::size_t at = 0; at < escaped.size(); at += symbols.back().size()) {
    const auto lead = static_cast<unsigned char>(escaped[at]);
    symbols.push_back(escaped.substr(at, lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4));
  }
  while (true) {
    std::size_t place = symbols.size();
    float best = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const TokenId token = vocab.find(symbols[i] + symbols[i + 1]);
      if (token == kNoToken || vocab.score(token) <= best) continue;
      best = vocab.score(token);
      place = i;
    }
    if (place == symbols.size()) break;
    symbols[place] += symbols[place + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  std::vector<TokenId> tokens;
  for (const std::string& symbol : symbols) {
    const TokenId token = vocab.find(symbol);
    if (token != kNoToken) {
      tokens.push_back(token);
      continue;
    }
    for (const char c : symbol) tokens.push_back(3 + static_cast<unsigned char>(c));
  }
  return tokens;
}

TEST_CASE("texts are joined by definition, with and without tokens that span words") {
  std::mt19937 random(19);
  const std::vector<std::string> characters = {"a", "b", "é", "字", std::string(kSpace)};
  const std::vector<std::string> alphabet = {"a", "b",  "é",  "字",   " ",       "  ",
                                             "▁", "\n", "😀", "\xff", "\xe2\x96"};
  for (int round = 0; round < 60; ++round) {
    const bool spanning = round % 2 == 0;
    const auto source = spm_source();
    for (std::size_t i = 0; i < characters.size(); ++i) {
      if (random() % 5 != 0) source->add(characters[i], TokenType::kNormal, -100);
    }
    for (int n = 0; n < 40; ++n) {
      std::string token = testing::random_text(random, characters, 4) + "a";
      if (!spanning && token.find(kSpace, 1) != std::string::npos) continue;
      const auto& known = source->vocab.tokens;
      if (std::find(known.begin(), known.end(), token) != known.end()) continue;
      source->add(token, TokenType::kNormal,
                  static_cast<float>(static_cast<int>(random() % 9) - 4));
    }
    const Vocab vocab = require(Vocab::create(source->vocab));
    const SpmEncoder encoder(vocab);
    for (int i = 0; i < 40; ++i) {
      const std::string text = testing::random_text(random, alphabet, 40);
      INFO(text);
      REQUIRE(encode(encoder, text, i % 2 == 0) == by_definition(vocab, text, i % 2 == 0));
    }
  }
}

TEST_CASE("scores: any float orders, infinities included") {
  const auto source = spm_source();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const char* c : {"a", "b", "c"}) source->add(c);
  const float low = GENERATE_COPY(-infinity, -1e30f, -1.0f, -1e-30f, 0.0f, 1e-30f, 2.0f);
  source->add("ab", TokenType::kNormal, low);
  source->add("bc", TokenType::kNormal, std::nextafter(low, infinity));
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(encode(SpmEncoder(vocab), "abc", false) ==
        std::vector<TokenId>{vocab.find("a"), vocab.find("bc")});
}

TEST_CASE("0 and -0 are one score: the leftmost pair is joined") {
  const auto source = spm_source();
  for (const char* c : {"a", "b", "c"}) source->add(c);
  source->add("ab", TokenType::kNormal, -0.0f);
  source->add("bc", TokenType::kNormal, 0.0f);
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(encode(SpmEncoder(vocab), "abc", false) ==
        std::vector<TokenId>{vocab.find("ab"), vocab.find("c")});
}

TEST_CASE("bytes without a token: the byte itself or the unknown token") {
  const auto source = spm_source();
  source->vocab.tokens[3 + 'x'] = "x";
  source->vocab.tokens[3 + 'y'] = "[no y]";
  source->role(TokenRole::kUnknown) =
      GENERATE(0u, 1u << 30) /* the second is no token: the default is taken */;
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(encode(SpmEncoder(vocab), "xyz", false) == std::vector<TokenId>{3 + 'x', 0, 3 + 'z'});
}

}  // namespace
}  // namespace forge::text
