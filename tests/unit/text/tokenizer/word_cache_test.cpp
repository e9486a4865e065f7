#include "core/text/tokenizer/word_cache.hpp"

#include <map>
#include <random>
#include <string>

#include "tests/catch.hpp"

namespace forge::text {
namespace {

TEST_CASE("words keep their tokens until another takes the place") {
  WordCache cache;
  std::mt19937 random(5);
  std::map<std::string, std::vector<TokenId>> oracle;
  std::size_t found = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string word(1 + random() % WordCache::kMaxWord, 'a');
    for (char& c : word) c = static_cast<char>('a' + random() % 2);
    word.resize(1 + random() % 4 == 1 ? word.size() : 1 + random() % word.size());
    auto& tokens = oracle[word];
    if (tokens.empty()) {
      for (std::size_t n = 1 + random() % WordCache::kMaxTokens; n > 0; --n) {
        tokens.push_back(static_cast<TokenId>(random() % 1000));
      }
    }
    const WordCache::Key key(word);
    const auto known = cache.find(key);
    if (!known.empty()) {
      ++found;
      REQUIRE(std::vector<TokenId>(known.begin(), known.end()) == tokens);
    }
    cache.put(key, tokens);
    REQUIRE(!cache.find(key).empty());
  }
  CHECK(found > 1000);
}

TEST_CASE("words that differ in one byte or only in length are different") {
  WordCache cache;
  const std::vector<TokenId> tokens = {1};
  for (std::size_t size = 1; size <= WordCache::kMaxWord; ++size) {
    const std::string word(size, 'w');
    cache = WordCache();
    cache.put(WordCache::Key(word), tokens);
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = word;
      other[at] = 'v';
      CHECK(cache.find(WordCache::Key(other)).empty());
    }
    if (size > 1) CHECK(cache.find(WordCache::Key(word.substr(1))).empty());
  }
}

TEST_CASE("too long words and too many tokens are not kept") {
  CHECK_FALSE(WordCache::fits(""));
  CHECK_FALSE(WordCache::fits(std::string(WordCache::kMaxWord + 1, 'a')));
  WordCache cache;
  cache.put(WordCache::Key("word"), std::vector<TokenId>(WordCache::kMaxTokens + 1, 7));
  cache.put(WordCache::Key("none"), {});
  CHECK(cache.find(WordCache::Key("word")).empty());
  CHECK(cache.find(WordCache::Key("none")).empty());
}

}  // namespace
}  // namespace forge::text
