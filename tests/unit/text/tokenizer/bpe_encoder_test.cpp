#include "core/text/tokenizer/bpe_encoder.hpp"

#include <random>

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::require;
using testing::Source;

// A word's tokens by the definition: join the pair of lowest rank, leftmost first, until none is
// left.
std::vector<TokenId> by_definition(const Source& source, const Vocab& vocab,
                                   std::string_view word) {
  std::vector<std::string> symbols;
  for (const char c : word) append_byte_level({&c, 1}, symbols.emplace_back());
  const auto& merges = *source.vocab.merges;
  while (true) {
    std::size_t best = merges.size(), place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const std::string pair = symbols[i] + " " + symbols[i + 1];
      for (std::size_t rank = 0; rank < best; ++rank) {
        if (merges[rank] == pair) {
          best = rank;
          place = i;
        }
      }
    }
    if (best == merges.size()) break;
    symbols[place] += symbols[place + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  std::vector<TokenId> tokens;
  for (const std::string& symbol : symbols) tokens.push_back(vocab.find(symbol));
  return tokens;
}

std::vector<TokenId> encode(const BpeEncoder& encoder, std::string_view text) {
  BpeEncoder::Scratch scratch(encoder);
  std::vector<TokenId> tokens;
  REQUIRE(encoder.encode(text, InvalidUtf8::kReplace, scratch, tokens).ok());
  // Again, from the cache.
  std::vector<TokenId> again;
  REQUIRE(encoder.encode(text, InvalidUtf8::kReplace, scratch, again).ok());
  REQUIRE(again == tokens);
  return tokens;
}

TEST_CASE("words of every length, short and long, are merged by definition") {
  std::mt19937 random(17);
  for (int round = 0; round < 30; ++round) {
    const auto source = byte_level_source();
    for (int n = 0; n < 40; ++n) {
      // Parts are any two tokens over a, b, c that exist.
      std::vector<std::string> parts;
      for (const std::string_view token : source->vocab.tokens) {
        if (token.find_first_not_of("abc") == std::string_view::npos) parts.emplace_back(token);
      }
      const std::string& left = parts[random() % parts.size()];
      source->merge(left, parts[random() % parts.size()]);
    }
    const Vocab vocab = require(Vocab::create(source->vocab));
    const BpeEncoder encoder = require(BpeEncoder::create(vocab, PreTokenizer::Engine::kCompiled));
    for (std::size_t size = 1; size < 80; size += 1 + random() % 3) {
      std::string word(size, 'a');
      for (char& c : word) c = static_cast<char>('a' + random() % 3);
      INFO(word);
      REQUIRE(encode(encoder, word) == by_definition(*source, vocab, word));
    }
  }
}

TEST_CASE("ignore_merges: a word that is a token stays whole") {
  const auto source = byte_level_source();
  source->merge("a", "b");
  source->add("Ġabc");
  source->vocab.pre = GENERATE("gpt-2", "llama-bpe");
  const Vocab vocab = require(Vocab::create(source->vocab));
  const BpeEncoder encoder = require(BpeEncoder::create(vocab, PreTokenizer::Engine::kCompiled));
  const bool whole = source->vocab.pre == "llama-bpe";
  const std::vector<TokenId> merged = {vocab.find("Ġ"), vocab.find("ab"), vocab.find("c")};
  CHECK(encode(encoder, " abc") == (whole ? std::vector<TokenId>{vocab.find("Ġabc")} : merged));
}

TEST_CASE("bytes without a token are dropped") {
  const auto source = byte_level_source();
  source->vocab.tokens['x'] = "[no x]";
  const Vocab vocab = require(Vocab::create(source->vocab));
  const BpeEncoder encoder = require(BpeEncoder::create(vocab, PreTokenizer::Engine::kCompiled));
  CHECK(encode(encoder, "axb") == std::vector<TokenId>{'a', 'b'});
  CHECK(encode(encoder, std::string(40, 'x') + "b") == std::vector<TokenId>{'b'});
  CHECK(encode(encoder, "x").empty());
}

}  // namespace
}  // namespace forge::text
