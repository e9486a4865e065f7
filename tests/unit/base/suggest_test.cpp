#include "core/base/suggest.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "tests/catch.hpp"

namespace forge {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"temperature", "top_k",      "top_p",
                                                    "min_p",       "max_tokens", "seed"};

// Oracle: the definition, as a recursion over the ways the last byte can come about.
std::size_t slow_distance(std::string_view a, std::string_view b) {
  if (a.empty()) return b.size();
  if (b.empty()) return a.size();
  const std::string_view a1 = a.substr(0, a.size() - 1);
  const std::string_view b1 = b.substr(0, b.size() - 1);
  std::size_t best = std::min(slow_distance(a1, b) + 1, slow_distance(a, b1) + 1);
  best = std::min(best, slow_distance(a1, b1) + (a.back() == b.back() ? 0 : 1));
  if (a.size() > 1 && b.size() > 1 && a.back() == b[b.size() - 2] && b.back() == a[a.size() - 2]) {
    best = std::min(best, slow_distance(a.substr(0, a.size() - 2), b.substr(0, b.size() - 2)) + 1);
  }
  return best;
}

TEST_CASE("edit distance counts inserts, deletes, replacements and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("tpo_k", "top_k") == 1);
  CHECK(edit_distance("CA", "abc") == 3);  // one alignment: a swap is not edited again
  CHECK(edit_distance("Seed", "sEED") == 0);
}

TEST_CASE("edit distance equals its definition on random words") {
  std::mt19937 random(7);
  const auto word = [&] {
    std::string w(random() % 6, ' ');
    for (char& c : w) c = static_cast<char>('a' + random() % 3);
    return w;
  };
  for (int i = 0; i < 500; ++i) {
    const std::string a = word();
    const std::string b = word();
    INFO(a << " / " << b);
    REQUIRE(edit_distance(a, b) == slow_distance(a, b));
  }
}

TEST_CASE("the nearest name is found, a far one is not") {
  CHECK(nearest("temprature", kNames) == "temperature");
  CHECK(nearest("temp", kNames) == "temperature");
  CHECK(nearest("topk", kNames) == "top_k");
  CHECK(nearest("Top-P", kNames) == "top_p");
  CHECK(nearest("sede", kNames) == "seed");
  CHECK(nearest("colour", kNames).empty());
  CHECK(nearest("", kNames).empty());
  CHECK(nearest("x", kNames).empty());
  CHECK(nearest("seed", {}).empty());
}

TEST_CASE("a hostile name costs nothing") {
  CHECK(nearest(std::string(1 << 20, 'a'), kNames).empty());
  const std::string long_name(1 << 20, 's');
  const std::array<std::string_view, 2> names = {long_name, "seed"};
  CHECK(nearest("seeed", names) == "seed");
}

TEST_CASE("the sentence is ready to be appended") {
  CHECK(did_you_mean("sed", kNames) == "; did you mean 'seed'?");
  CHECK(did_you_mean("nothing", kNames).empty());
}

}  // namespace
}  // namespace forge
