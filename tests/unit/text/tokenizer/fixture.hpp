// tests/unit/text/tokenizer/fixture.hpp: vocabularies for tests.
#ifndef FORGE_TESTS_UNIT_TEXT_TOKENIZER_FIXTURE_HPP_
#define FORGE_TESTS_UNIT_TEXT_TOKENIZER_FIXTURE_HPP_

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/gguf/file.hpp"
#include "core/text/tokenizer/tokenizer.hpp"
#include "tests/catch.hpp"
#include "tests/unit/text/tokenizer/source.hpp"

namespace forge::text::testing {

template <class T>
T require(Result<T> result) {
  INFO(result.status().message());
  REQUIRE(result.ok());
  return std::move(result).value();
}

// `source` must outlive the tokenizer.
inline std::unique_ptr<Tokenizer> make_tokenizer(
    const Source& source, PreTokenizer::Engine engine = PreTokenizer::Engine::kCompiled) {
  return require(Tokenizer::create(require(Vocab::create(source.vocab)), engine));
}

// A model file and its tokenizer.
struct LoadedModel {
  gguf::File file;
  std::unique_ptr<Tokenizer> tokenizer;
};

inline LoadedModel load_model(const std::string& path) {
  gguf::File file = require(gguf::File::open(path));
  auto tokenizer = require(
      Tokenizer::create(require(Vocab::create(require(read_vocab_source(file.metadata()))))));
  return {std::move(file), std::move(tokenizer)};
}

// One of tests/data/tokenizer: "bpe", "spm" or "spm_phrases".
inline LoadedModel load_own(const std::string& name) {
  return load_model(std::string(FORGE_TEST_DATA) + "/tokenizer/" + name + ".gguf");
}

// Texts of up to `size` pieces drawn from `alphabet`.
inline std::string random_text(std::mt19937& random, const std::vector<std::string>& alphabet,
                               std::size_t size) {
  std::uniform_int_distribution<std::size_t> length(0, size), index(0, alphabet.size() - 1);
  std::string text;
  for (std::size_t n = length(random); n > 0; --n) text += alphabet[index(random)];
  return text;
}

// Any bytes.
inline std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::uniform_int_distribution<int> byte(0, 255);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(byte(random));
  return text;
}

}  // namespace forge::text::testing

#endif  // FORGE_TESTS_UNIT_TEXT_TOKENIZER_FIXTURE_HPP_
