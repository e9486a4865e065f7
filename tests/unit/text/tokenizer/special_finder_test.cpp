#include "core/text/tokenizer/special_finder.hpp"

#include <algorithm>
#include <random>

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::require;

std::string show(const Vocab& vocab, std::string_view text,
                 const std::vector<Fragment>& fragments) {
  std::string shown;
  for (const Fragment& f : fragments) {
    if (f.token == kNoToken) {
      shown += "(" + std::string(text.substr(f.begin, f.end - f.begin)) + ")";
    } else {
      shown += "[" + std::string(vocab.text(f.token)) + "]";
    }
  }
  return shown;
}

struct Fixture {
  std::unique_ptr<testing::Source> source = byte_level_source();

  std::string split(const std::string& text, TokenAttributes unwanted = 0) const {
    const Vocab vocab = require(Vocab::create(source->vocab));
    const SpecialFinder finder(vocab, kTokenControl | kTokenUserDefined, unwanted);
    SpecialFinder::Scratch scratch;
    finder.split(text, scratch);
    return show(vocab, text, scratch.fragments);
  }
};

TEST_CASE("special tokens are cut out, the longest first") {
  Fixture f;
  f.source->add("<a>", TokenType::kControl);
  f.source->add("<a><b>", TokenType::kControl);
  f.source->add("><", TokenType::kControl);
  f.source->add("<u>", TokenType::kUserDefined);
  CHECK(f.split("") == "");
  CHECK(f.split("x<a>y") == "(x)[<a>](y)");
  CHECK(f.split("<a><b>") == "[<a><b>]");
  CHECK(f.split("<a><a><b><b>") == "[<a>][<a><b>](<b>)");
  CHECK(f.split("<a><a>") == "[<a>][<a>]");  // longer than "><", which loses
  CHECK(f.split("<b><c>") == "(<b)[><](c>)");
  CHECK(f.split("<<a") == "(<<a)");
  CHECK(f.split("<a>1<u>2", kTokenControl) == "(<a>1)[<u>](2)");
}

TEST_CASE("whitespace next to stripping tokens goes, up to the next token") {
  Fixture f;
  f.source->vocab.model_name = "Phi-3";  // every special token strips to the right
  f.source->add("<a>", TokenType::kControl);
  f.source->add("<|endoftext|>", TokenType::kControl);  // but this
  CHECK(f.split("x <a> \n\t y <a>  ") == "(x )[<a>](y )[<a>]");
  CHECK(f.split("<a> <a>\v\f\r.") == "[<a>][<a>](.)");
  CHECK(f.split("<|endoftext|> x") == "[<|endoftext|>]( x)");
  CHECK(f.split("<a>\u00a0") == "[<a>](\u00a0)");  // ASCII only

  Fixture left;
  left.source->vocab.pre = "jina-v2-es";
  left.source->add("<mask>", TokenType::kControl);
  left.source->add("<a>", TokenType::kControl);
  CHECK(left.split(" x \n <mask> y") == "( x)[<mask>]( y)");
  CHECK(left.split("  <mask><a> <mask>") == "[<mask>][<a>][<mask>]");
}

// One token after the other, each leftmost first in what is left, as the rule says.
std::string by_definition(const Vocab& vocab, std::vector<TokenId> specials,
                          const std::string& text) {
  std::stable_sort(specials.begin(), specials.end(), [&](TokenId a, TokenId b) {
    return vocab.text(a).size() > vocab.text(b).size();
  });
  std::vector<Fragment> fragments;
  if (!text.empty()) fragments.push_back({kNoToken, 0, text.size()});
  for (const TokenId special : specials) {
    for (std::size_t i = 0; i < fragments.size(); ++i) {
      const Fragment whole = fragments[i];
      if (whole.token != kNoToken) continue;
      const std::size_t at = text.substr(0, whole.end).find(vocab.text(special), whole.begin);
      if (at == std::string::npos) continue;
      std::vector<Fragment> parts;
      if (at > whole.begin) parts.push_back({kNoToken, whole.begin, at});
      parts.push_back({special, at, at + vocab.text(special).size()});
      if (parts.back().end < whole.end) parts.push_back({kNoToken, parts.back().end, whole.end});
      fragments.erase(fragments.begin() + static_cast<std::ptrdiff_t>(i));
      fragments.insert(fragments.begin() + static_cast<std::ptrdiff_t>(i), parts.begin(),
                       parts.end());
    }
  }
  return show(vocab, text, fragments);
}

TEST_CASE("any set of special tokens, overlapping in every way") {
  std::mt19937 random(13);
  const std::vector<std::string> alphabet = {"a", "b", "<"};
  for (int round = 0; round < 300; ++round) {
    Fixture f;
    std::vector<TokenId> specials;
    for (int n = 0; n < 6; ++n) {
      const std::string token = testing::random_text(random, alphabet, 4) + "ab";
      const auto& known = f.source->vocab.tokens;
      if (std::find(known.begin(), known.end(), token) != known.end()) continue;
      specials.push_back(f.source->add(token, TokenType::kControl));
    }
    const Vocab vocab = require(Vocab::create(f.source->vocab));
    for (int i = 0; i < 20; ++i) {
      const std::string text = testing::random_text(random, alphabet, 40);
      INFO(text);
      REQUIRE(f.split(text) == by_definition(vocab, specials, text));
    }
  }
}

TEST_CASE("runs that many special tokens could take are linear") {
  Fixture f;
  for (std::size_t n = 2; n <= 31; ++n) {
    f.source->add(std::string(n, ' '), TokenType::kUserDefined);
  }
  f.source->add(std::string(60000, ' ') + "x", TokenType::kUserDefined);
  const Vocab vocab = require(Vocab::create(f.source->vocab));
  const SpecialFinder finder(vocab, kTokenUserDefined, 0);
  SpecialFinder::Scratch scratch;
  const std::string text(3'100'000, ' ');
  finder.split(text, scratch);
  CHECK(scratch.fragments.size() == 100'000);
}

}  // namespace
}  // namespace forge::text
