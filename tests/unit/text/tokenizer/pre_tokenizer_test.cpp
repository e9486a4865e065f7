#include "core/text/tokenizer/pre_tokenizer.hpp"

#include <random>
#include <set>

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::require;
using Words = std::vector<std::string>;
using Engine = PreTokenizer::Engine;

Words split(const PreTokenizer& words, std::string_view text) {
  PreTokenizer::Scratch scratch(words);
  Words result;
  std::size_t begin = 0;
  const auto ends = words.split(text, scratch);
  REQUIRE(ends.ok());
  for (const std::size_t end : *ends) {
    REQUIRE(end > begin);
    result.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  REQUIRE(begin == text.size());
  return result;
}

Words split(const char* name, std::string_view text) {
  return split(require(PreTokenizer::create(*find_pre_tokenizer(name))), text);
}

TEST_CASE("gpt-2 cuts into letters, numbers and the rest, each with a space before it") {
  CHECK(split("gpt-2", "Hello world's 123  !?\n\n x") ==
        Words{"Hello", " world", "'s", " 123", " ", " !?", "\n\n", " x"});
  CHECK(split("gpt-2", "I'LL ĀбΩ字 ١٢") == Words{"I", "'", "LL", " ĀбΩ字", " ١٢"});
}

TEST_CASE("llama-bpe keeps three digits and line ends together") {
  CHECK(split("llama-bpe", "I'LL 12345 x.\r\n\r\n  y") ==
        Words{"I", "'LL", " ", "123", "45", " x", ".\r\n\r\n", " ", " y"});
  CHECK(split("llama-bpe", "\tx\u00a0y") == Words{"\tx", "\u00a0y"});
}

TEST_CASE("qwen2 has every digit alone") {
  CHECK(split("qwen2", "a 12,3\n\n\n  b ") ==
        Words{"a", " ", "1", "2", ",", "3", "\n\n\n", " ", " b", " "});
  // Contractions ignore case for ASCII alone: U+017F is a letter like others.
  CHECK(split("qwen2", "'s'S'\u017f") == Words{"'s", "'S", "'\u017f"});
}

TEST_CASE("default applies four expressions one after the other") {
  CHECK(split("default", "ab 12345+x, 'll 1") ==
        Words{"ab", " ", "123", "45", "+", "x", ",", " ", "'", "ll", " ", "1"});
}

TEST_CASE("the table: unique names, aliases, the fallback first") {
  std::set<std::string_view> names;
  for (const PreTokenizerSpec& spec : pre_tokenizer_specs()) {
    CHECK(names.insert(spec.name).second);
    CHECK(find_pre_tokenizer(spec.name) == &spec);
  }
  CHECK(find_pre_tokenizer("llama3")->patterns.data() ==
        find_pre_tokenizer("llama-bpe")->patterns.data());
  CHECK(find_pre_tokenizer("deepseek-r1-qwen")->patterns.data() ==
        find_pre_tokenizer("qwen2")->patterns.data());
  CHECK(find_pre_tokenizer("llama-v3")->ignore_merges);
  CHECK(find_pre_tokenizer("llama-bpe")->add_bos);
  CHECK_FALSE(find_pre_tokenizer("qwen2")->add_bos);
  CHECK(find_pre_tokenizer("nonsense") == nullptr);
  CHECK(default_pre_tokenizer().name == "default");
}

TEST_CASE("machine code and interpreter give the same words, none of them empty") {
  const auto index = GENERATE(range(std::size_t{0}, pre_tokenizer_specs().size()));
  const PreTokenizerSpec& spec = pre_tokenizer_specs()[index];
  INFO(spec.name);
  const PreTokenizer compiled = require(PreTokenizer::create(spec, Engine::kCompiled));
  const PreTokenizer interpreted = require(PreTokenizer::create(spec, Engine::kInterpreted));
  CHECK_FALSE(interpreted.is_compiled());
  const std::vector<std::string> alphabet = {
      "a",      "B",  "é",   "字", "1", "٣",  " ", "  ", "\n", "\r\n",  "\t",
      ".",      "'",  "'s",  "!",  "-", "\1", "€", "ก",  "ั",   "😀",    "\u00a0",
      "\u3000", "ab", "The", "/",  "_", "+",  "`", "あ", "한", "\u2028"};
  std::mt19937 random(static_cast<unsigned>(index));
  for (int i = 0; i < 100; ++i) {
    const std::string text = testing::random_text(random, alphabet, 60);
    INFO(text);
    REQUIRE(split(compiled, text) == split(interpreted, text));
  }
  CHECK(split(compiled, "").empty());
}

TEST_CASE("very long runs of one character need neither stack nor patience") {
  // Sanitizers and the interpreter are some ten times slower.
  const bool slow = std::string_view(FORGE_SANITIZER) != "";
  const Engine engine = GENERATE(Engine::kCompiled, Engine::kInterpreted);
  const std::size_t size =
      (slow ? 100'000u : 1'000'000u) * (engine == Engine::kCompiled ? 10u : 1u);
  const std::string name =
      GENERATE("qwen2", "llama-bpe", "gpt-2", "default", "tekken", "gpt-4o", "deepseek-v3");
  const PreTokenizer words = require(PreTokenizer::create(*find_pre_tokenizer(name), engine));
  PreTokenizer::Scratch scratch(words);
  for (const char c : {'a', ' ', '\n', '7', '.'}) {
    INFO(name << " '" << c << "'");
    std::string text(size, c);
    const auto ends = words.split(text, scratch);
    REQUIRE(ends.ok());
    CHECK(ends->back() == size);
    const bool digits = c == '7';
    if (!digits) CHECK(ends->size() == 1);
    if (digits && name == "qwen2") CHECK(ends->size() == size);
    if (digits && name == "llama-bpe") CHECK(ends->size() == (size + 2) / 3);
    // The same with something else at the end: \s+(?!\S) and \s*[\r\n]+ must go back from there.
    text += 'x';
    REQUIRE(words.split(text, scratch).ok());
  }
}

}  // namespace
}  // namespace forge::text
