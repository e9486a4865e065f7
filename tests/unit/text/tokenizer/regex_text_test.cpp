#include "core/text/tokenizer/regex_text.hpp"

#include <random>

#include "core/base/utf8.hpp"
#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

struct Texts {
  std::string bytes, view;
};

Texts texts_of(std::string_view text, InvalidUtf8 invalid) {
  std::string bytes, view;
  const RegexText result = make_regex_text(text, invalid, bytes, view);
  return {std::string(result.bytes), std::string(result.view)};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (!c.valid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

TEST_CASE("ordinary text is not copied") {
  const std::string text = "Hello, wörld! 你好 👍🏽 \u00a0\u3000 \U0010ffff";
  std::string bytes, view;
  const RegexText result = make_regex_text(text, InvalidUtf8::kReplace, bytes, view);
  CHECK(result.bytes.data() == text.data());
  CHECK(result.view.data() == text.data());
  CHECK(result.view == text);
}

TEST_CASE("invalid bytes become U+FFFD one by one, as in llama.cpp") {
  const auto replaced = [](std::string_view text) {
    return texts_of(text, InvalidUtf8::kReplace).bytes;
  };
  CHECK(replaced("a\xff"
                 "b") ==
        "a\ufffd"
        "b");
  CHECK(replaced("\x80\xbf") == "\ufffd\ufffd");
  CHECK(replaced("\xe2\x82") == "\ufffd\ufffd");  // cut off
  CHECK(replaced("\xe2\x82x") == "\ufffd\ufffdx");
  CHECK(replaced("\xc1\x81") == "A");  // overlong
  CHECK(replaced("\xe0\x80\xaf") == "/");
  CHECK(replaced("\xf0\x80\x80\xaf") == "/");
  CHECK(replaced("\xed\xa0\x80") == "\xed\xa0\x80");                  // a surrogate
  CHECK(replaced("\xf4\x90\x80\x80") == "\ufffd\ufffd\ufffd\ufffd");  // above U+10FFFF
  CHECK(replaced("\xf8\x88\x80\x80\x80") == "\ufffd\ufffd\ufffd\ufffd\ufffd");
  CHECK(texts_of("\xed\xa0\x80", InvalidUtf8::kReplace).view == "\ue000");
}

TEST_CASE("kept bytes are one character each to the regular expressions") {
  const Texts kept = texts_of("a\xff\xe2\x82z\xed\xa0\x80\xc1\x81é", InvalidUtf8::kKeep);
  CHECK(kept.bytes == "a\xff\xe2\x82z\xed\xa0\x80\xc1\x81é");
  CHECK(kept.view == "a\1\1\1z\1\1\1\1\1é");
}

TEST_CASE("characters that PCRE2 classes otherwise have stand-ins of the same length") {
  const auto view = [](std::string_view text) {
    const Texts texts = texts_of(text, InvalidUtf8::kReplace);
    CHECK(texts.bytes == text);
    return texts.view;
  };
  CHECK(view("\u180e") == "\u200b");
  CHECK(view("x\U00011f04\U00011f10\U00011f11") == "x\U00010000\U00010000\U00011f11");
  CHECK(view("\U00011f50") == "\U00010107");
  CHECK(view("\U000323af\U000323b0") == "\U00010000\U000323b0");
  CHECK(view("\u0cf2\u0cf3\u0cf4") == "\u0cf2\u0901\u0cf4");
  CHECK(view("\u31ee\u31ef\u31f0") == "\u31ee\u2190\u31f0");
}

TEST_CASE("whatever the bytes, both texts have one length and the view is UTF-8") {
  std::mt19937 random(11);
  const std::vector<std::string> alphabet = {
      "a",    "é",    "\xff",   "\xc3", "\xe2\x82",   "\xed", "\xa0", "\xf0\x9f", "\x80",
      "\xf4", "\x90", "\u180e", "你",   "\U00011f04", "\xc1", "\xbf", "\xf0\x80", "12345678"};
  for (int i = 0; i < 5000; ++i) {
    const std::string text = i % 2 == 0 ? testing::random_text(random, alphabet, 30)
                                        : testing::random_bytes(random, random() % 40);
    const Texts kept = texts_of(text, InvalidUtf8::kKeep);
    REQUIRE(kept.bytes == text);
    REQUIRE(kept.view.size() == text.size());
    REQUIRE(is_utf8(kept.view));
    const Texts replaced = texts_of(text, InvalidUtf8::kReplace);
    REQUIRE(replaced.view.size() == replaced.bytes.size());
    REQUIRE(is_utf8(replaced.view));
    if (is_utf8(text)) REQUIRE(replaced.bytes == text);
  }
}

}  // namespace
}  // namespace forge::text
