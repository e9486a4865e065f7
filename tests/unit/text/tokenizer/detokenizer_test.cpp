#include "core/text/tokenizer/detokenizer.hpp"

#include <random>

#include "core/base/utf8.hpp"
#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::load_own;
using testing::LoadedModel;
using testing::make_tokenizer;
using testing::require;
using testing::spm_source;

// Text of bytes that come one token each; checks that all of it is valid at every step.
std::string streamed(const Tokenizer& tokenizer, std::string_view bytes) {
  Detokenizer detokenizer(tokenizer);
  std::string out;
  for (const char c : bytes) {
    REQUIRE(detokenizer.push(static_cast<unsigned char>(c), out).ok());
    CHECK(detokenizer.pending() <= 3);
  }
  detokenizer.finish(out);
  CHECK(detokenizer.pending() == 0);
  return out;
}

TEST_CASE("a character is handed out when its last byte has come") {
  const auto source = byte_level_source();
  const auto tokenizer = make_tokenizer(*source);
  Detokenizer detokenizer(*tokenizer);
  std::string out;
  for (const TokenId c : {0xf0, 0x9f, 0x98}) {
    REQUIRE(detokenizer.push(c, out).ok());
    CHECK(out.empty());
  }
  CHECK(detokenizer.pending() == 3);
  REQUIRE(detokenizer.push(0x80, out).ok());
  CHECK(out == "😀");
  CHECK(detokenizer.pending() == 0);
}

// Unicode 15, section 3.9: tables 3-8 to 3-11 and the examples of W3C's Encoding standard.
TEST_CASE("what is no character becomes U+FFFD, one for each maximal subpart") {
  const auto source = byte_level_source();
  const auto tokenizer = make_tokenizer(*source);
  const std::string r = "\ufffd";
  CHECK(streamed(*tokenizer, "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(streamed(*tokenizer, "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(streamed(*tokenizer, "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42") ==
        r + r + r + r + r + "A" + r + r + "B");
  CHECK(streamed(*tokenizer, "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41") == r + r + r + r + "A");
  CHECK(streamed(*tokenizer, "a\xe2\x82") == "a" + r);  // the stream ends inside
  CHECK(streamed(*tokenizer, "\xf0\x9f\x98z\xc3\xa9") == r + "zé");
}

TEST_CASE("any bytes give valid UTF-8, and valid bytes themselves") {
  const auto source = byte_level_source();
  const auto tokenizer = make_tokenizer(*source);
  std::mt19937 random(31);
  const std::vector<std::string> characters = {"a", "é", "字", "😀", "\n", "\u0301"};
  for (int i = 0; i < 500; ++i) {
    const std::string text = testing::random_text(random, characters, 20);
    CHECK(streamed(*tokenizer, text) == text);
    std::string_view rest;
    const std::string made = streamed(*tokenizer, testing::random_bytes(random, 20));
    for (rest = made; !rest.empty(); rest.remove_prefix(decode_utf8(rest).size)) {
      REQUIRE(decode_utf8(rest).valid);
    }
  }
}

TEST_CASE("streaming and decoding at once agree on valid text") {
  const LoadedModel model = load_own(GENERATE("bpe", "spm"));
  for (const std::string text :
       {"Über den Häusern, 火车早上七点开走了。", "😀 👍🏽 x\n\n y", " a"}) {
    const auto tokens = require(model.tokenizer->encode(text));
    Detokenizer detokenizer(*model.tokenizer);
    std::string out;
    for (const TokenId token : tokens) REQUIRE(detokenizer.push(token, out).ok());
    detokenizer.finish(out);
    CHECK(out == text);
    CHECK(require(model.tokenizer->decode(tokens)) == text);
  }
}

TEST_CASE("the space that encoding added goes, others stay") {
  const auto source = spm_source();
  const TokenId a = source->add("▁a"), space = source->add("▁"), spaces = source->add("▁▁");
  const TokenId user = source->add("  u", TokenType::kUserDefined);
  const auto tokenizer = make_tokenizer(*source);
  const auto decode = [&](std::vector<TokenId> tokens, DecodeOptions options = {}) {
    return require(tokenizer->decode(tokens, options));
  };
  CHECK(decode({a, a}) == "a a");
  CHECK(decode({1, a, a}) == "a a");  // BOS is not the text's start
  CHECK(decode({1, a}, {.show_special = true}) == "<s>a");
  CHECK(decode({space, a}) == " a");
  CHECK(decode({spaces}) == " ");
  CHECK(decode({a, 2, a}) == "a a");
  CHECK(decode({a, a}, {.text_start = false}) == " a a");
  CHECK(decode({3 + ' ', 3 + 'x'}) == "x");
  // A user-defined token was found in the text as it is: no space had been put in front.
  CHECK(decode({user, a}) == "  u a");
}

TEST_CASE("after the end another text may start") {
  const auto source = spm_source();
  const TokenId a = source->add("▁a");
  const auto tokenizer = make_tokenizer(*source);
  Detokenizer detokenizer(*tokenizer);
  std::string out;
  REQUIRE(detokenizer.push(3 + 0xc3, out).ok());
  CHECK(detokenizer.push(100000, out).code() == Code::kOutOfRange);
  detokenizer.finish(out);
  REQUIRE(detokenizer.push(a, out).ok());
  CHECK(out == "\ufffda");
}

}  // namespace
}  // namespace forge::text
