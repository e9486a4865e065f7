#include "core/text/tokenizer/merge_table.hpp"

#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::require;

TEST_CASE("merges are found by their parts, with rank and result") {
  const auto source = byte_level_source();
  source->merge("a", "b");
  source->merge("ab", "c");
  source->merge("b", "c");
  source->merge("a", "bc");                // another way to abc
  source->vocab.merges->push_back("a b");  // twice: the first counts
  const Vocab vocab = require(Vocab::create(source->vocab));
  const MergeTable table = require(MergeTable::create(vocab));
  const TokenId a = vocab.find("a"), b = vocab.find("b"), c = vocab.find("c");
  CHECK(table.find(a, b).key == 0);
  CHECK(table.find(a, b).token == vocab.find("ab"));
  CHECK(table.find(vocab.find("ab"), c).key == 1);
  CHECK(table.find(a, vocab.find("bc")).key == 3);
  CHECK(table.find(a, vocab.find("bc")).token == vocab.find("abc"));
  CHECK(table.find(b, a).key == Merge::kNever);
  CHECK(table.find(kNoToken, a).key == Merge::kNever);
  CHECK(table.find(kNoToken, kNoToken).key == Merge::kNever);
}

TEST_CASE("merges that do not fit the vocabulary are named") {
  const auto source = byte_level_source();
  source->add("ab");
  const auto error_of = [&](const char* merge) {
    source->vocab.merges = {"a b", merge};
    const Vocab vocab = require(Vocab::create(source->vocab));
    const auto table = MergeTable::create(vocab);
    CHECK(table.code() == Code::kInvalidArgument);
    return table.status().message();
  };
  CHECK(error_of("ab") ==
        "tokenizer.ggml.merges entry 1 is 'ab'; expected two tokens with a space between them");
  CHECK(error_of("a ").find("expected two tokens") != std::string::npos);
  CHECK(error_of(" a").find("expected two tokens") != std::string::npos);
  CHECK(error_of("").find("expected two tokens") != std::string::npos);
  CHECK(error_of("xy b").find("entry 1 is 'xy b', but 'xy' is not a token") != std::string::npos);
  CHECK(error_of("a xy").find("but 'xy' is not a token") != std::string::npos);
  CHECK(error_of("b a").find("but 'ba' is not a token") != std::string::npos);
}

}  // namespace
}  // namespace forge::text
