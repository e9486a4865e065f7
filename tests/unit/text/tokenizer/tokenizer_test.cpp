#include "core/text/tokenizer/tokenizer.hpp"

#include <atomic>
#include <random>
#include <thread>

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::load_own;
using testing::LoadedModel;
using testing::make_tokenizer;
using testing::require;
using testing::spm_source;
using Engine = PreTokenizer::Engine;

TEST_CASE("BOS and EOS are added where the model wants them, and only then") {
  const auto source = byte_level_source();
  source->vocab.add_bos = true;
  source->vocab.add_eos = true;
  source->role(TokenRole::kBos) = 1;
  source->role(TokenRole::kEos) = 2;
  const auto tokenizer = make_tokenizer(*source);
  CHECK(require(tokenizer->encode("a")) == std::vector<TokenId>{1, 'a', 2});
  CHECK(require(tokenizer->encode("")) == std::vector<TokenId>{1, 2});
  CHECK(require(tokenizer->encode("a", {.add_special = false})) == std::vector<TokenId>{'a'});
  CHECK(require(tokenizer->encode("", {.add_special = false})).empty());
}

TEST_CASE("control tokens in text count only when asked for, user-defined ones always") {
  const auto source = byte_level_source();
  const TokenId control = source->add("<c>", TokenType::kControl);
  const TokenId user = source->add("<u>", TokenType::kUserDefined);
  const TokenId unknown = source->add("<?>", TokenType::kUnknown);
  source->add("<n>", TokenType::kUnused);
  const auto tokenizer = make_tokenizer(*source);
  const std::vector<TokenId> text = {'<', 'c', '>', user, '<', '?', '>', '<', 'n', '>'};
  CHECK(require(tokenizer->encode("<c><u><?><n>")) == text);
  CHECK(require(tokenizer->encode("<c><u><?><n>", {.parse_special = true})) ==
        std::vector<TokenId>{control, user, unknown, '<', 'n', '>'});
}

TEST_CASE("SentencePiece: a space before the text and after every special token") {
  const auto source = spm_source();
  const TokenId space = source->add("▁");
  const TokenId a = source->add("a");
  const auto tokenizer = make_tokenizer(*source);
  CHECK(require(tokenizer->encode("a</s>a", {.parse_special = true})) ==
        std::vector<TokenId>{1, space, a, 2, space, a});
  CHECK(require(tokenizer->encode("")) == std::vector<TokenId>{1});
  source->vocab.add_space_prefix = false;
  CHECK(require(make_tokenizer(*source)->encode("a</s>a", {.parse_special = true})) ==
        std::vector<TokenId>{1, a, 2, a});
}

// U+2581 is what a space is to SentencePiece-style vocabularies.
std::string with_spaces(std::string text) {
  for (std::size_t at = 0; (at = text.find("▁", at)) != std::string::npos;)
    text.replace(at, 3, " ");
  return text;
}

TEST_CASE("any bytes survive encoding and decoding") {
  const bool bpe = GENERATE(true, false);
  const auto source = bpe ? byte_level_source() : spm_source();
  if (bpe) {
    source->merge("Ġ", "Ġ");
    source->merge("Ã", "©");
    source->add("<think>", TokenType::kUserDefined);
    source->add("<|im_end|>", TokenType::kControl);
  } else {
    for (const char* token : {"▁", "▁▁", "a", "b", "ab", "▁a", "字", "字a"}) source->add(token);
  }
  const auto tokenizer = make_tokenizer(*source);
  std::mt19937 random(23);
  const std::vector<std::string> alphabet = {
      "the", " ",    "  ",         "é", "\xff", "\xc3",         "字",       "\r\n",    "123",
      "'s",  "</s>", "<|im_end|>", "▁", "😀",   "\xed\xa0\x80", "\xc0\x80", "<think>", "ab"};
  for (int i = 0; i < 2000; ++i) {
    const std::string text = i % 2 == 0 ? testing::random_text(random, alphabet, 20)
                                        : testing::random_bytes(random, random() % 60);
    const auto tokens = require(
        tokenizer->encode(text, {.parse_special = false, .invalid_utf8 = InvalidUtf8::kKeep}));
    INFO(text);
    const std::string decoded = require(tokenizer->decode(tokens));
    if (bpe) {
      REQUIRE(decoded == text);
    } else {
      REQUIRE(with_spaces(decoded) == with_spaces(text));
    }
  }
}

TEST_CASE("pieces: hidden, shown and empty tokens") {
  const LoadedModel model = load_own("bpe");
  const Tokenizer& tokenizer = *model.tokenizer;
  const auto piece = [&](std::string_view text, bool special) {
    std::string out;
    tokenizer.append_piece(tokenizer.vocab().find(text), special, out);
    return out;
  };
  CHECK(piece("Ġthe", false) == " the");
  CHECK(piece("<|im_start|>", true) == "<|im_start|>");
  CHECK(piece("<|im_start|>", false).empty());
  CHECK(piece("<think>", false) == "<think>");
  CHECK(piece("[PAD]", true).empty());  // unused
  CHECK(piece("<0x41>", false) == "A");
}

TEST_CASE("ids that are no tokens are refused") {
  const LoadedModel model = load_own("spm");
  const auto size = static_cast<TokenId>(model.tokenizer->vocab().size());
  const TokenId id = GENERATE_COPY(TokenId{-1}, size, std::numeric_limits<TokenId>::max());
  const auto text = model.tokenizer->decode(std::vector<TokenId>{5, id});
  CHECK(text.code() == Code::kOutOfRange);
  CHECK(text.status().message() == std::to_string(id) +
                                       " is no token; the vocabulary has tokens 0 to " +
                                       std::to_string(size - 1));
}

TEST_CASE("many threads may use one tokenizer") {
  const LoadedModel model = load_own("bpe");
  std::mt19937 random(29);
  std::vector<std::string> texts;
  std::vector<std::vector<TokenId>> expected;
  for (int i = 0; i < 200; ++i) {
    texts.push_back(testing::random_text(random, {"the ", "house", "é", "12", "\n", "x y"}, 40));
    expected.push_back(require(model.tokenizer->encode(texts.back())));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 1000; ++i) {
        const std::size_t k = (i * 7 + t * 31) % texts.size();
        const auto tokens = model.tokenizer->encode(texts[k]);
        if (!tokens.ok() || *tokens != expected[k]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("lines of ten million characters") {
  const bool slow = std::string_view(FORGE_SANITIZER) != "";
  const std::size_t size = slow ? 300'000 : 10'000'000;
  const LoadedModel model = load_own(GENERATE("bpe", "spm"));
  const std::string unit = GENERATE("a", " ", "\n", "7", "=", "ab c");
  std::string text;
  while (text.size() < size) text += unit;
  const auto tokens = require(model.tokenizer->encode(text, {.add_special = false}));
  const std::string decoded = require(model.tokenizer->decode(tokens));
  CHECK(decoded == text);
}

}  // namespace
}  // namespace forge::text
