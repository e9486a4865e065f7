#include "core/text/tokenizer/string_index.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/text/tokenizer/hash.hpp"
#include "tests/catch.hpp"

namespace forge::text {
namespace {

TEST_CASE("every text is found by its value, others are not") {
  std::mt19937 random(3);
  std::vector<std::string> strings;
  std::map<std::string, TokenId> oracle;
  for (int i = 0; i < 5000; ++i) {
    std::string text(random() % 20, '\0');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    strings.push_back(text);
  }
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  StringIndex index(views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const auto [place, is_new] = oracle.emplace(strings[i], id);
    CHECK(index.insert(views, id) == (is_new ? kNoToken : place->second));
  }
  for (const auto& [text, id] : oracle) CHECK(index.find(views, std::string(text)) == id);
  CHECK(index.find(views, "abcabcabcabcabcabcabcabc") == kNoToken);
  CHECK(index.find(views, "abd") == kNoToken);
  // All at once: more than a group, a number that no group divides, unknown ones among them.
  std::vector<std::string_view> keys(views.begin(), views.begin() + 1001);
  for (std::size_t i = 0; i < keys.size(); i += 7) keys[i] = "abd";
  std::vector<TokenId> ids(keys.size(), 77);
  index.find_all(views, keys, ids);
  for (std::size_t i = 0; i < keys.size(); ++i)
    CHECK(ids[i] == (i % 7 == 0 ? kNoToken : oracle.at(strings[i])));
}

TEST_CASE("an index without texts finds nothing") {
  CHECK(StringIndex().find({}, "a") == kNoToken);
  CHECK(StringIndex(0).find({}, "a") == kNoToken);
  const std::string_view key = "a";
  TokenId id = 77;
  StringIndex().find_all({}, {&key, 1}, {&id, 1});
  CHECK(id == kNoToken);
  StringIndex(0).find_all({}, {&key, 1}, {&id, 1});
  CHECK(id == kNoToken);
}

TEST_CASE("up to eight bytes are told apart by number and size") {
  std::map<std::pair<std::size_t, std::uint64_t>, std::string> seen;
  for (std::size_t size = 1; size <= 8; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'\1', '\xff'}) {
        std::string text(size, 'x');
        text[at] = c;
        CHECK(seen.emplace(std::pair(size, load_up_to_8(text.data(), size)), text).second);
      }
    }
  }
}

}  // namespace
}  // namespace forge::text
