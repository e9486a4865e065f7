#include "core/text/tokenizer/vocab_source.hpp"

#include "tests/unit/gguf/byte_builder.hpp"
#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using gguf::testing::AlignedCopy;
using gguf::testing::Bytes;
using testing::require;

constexpr std::uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9;

// A file that holds metadata only; entries are added by hand.
class MetadataFile {
 public:
  Bytes& key(std::string_view name, std::uint32_t type) {
    ++count_;
    return body_.key(name, type);
  }
  void strings(std::string_view name, std::initializer_list<std::string_view> values) {
    key(name, kArray).u32(kString).u64(values.size());
    for (const std::string_view value : values) body_.str(value);
  }

  Result<VocabSource> read() {
    Bytes all;
    all.header(0, count_).raw(body_.text()).align(32);
    copy_ = std::make_unique<AlignedCopy>(all);
    file_ = std::make_unique<gguf::File>(
        require(gguf::File::from_memory(copy_->bytes(), "vocab.gguf")));
    return read_vocab_source(file_->metadata());
  }
  std::string error() {
    const auto source = read();
    REQUIRE_FALSE(source.ok());
    return source.status().message();
  }

 private:
  Bytes body_;
  std::uint64_t count_ = 0;
  std::unique_ptr<AlignedCopy> copy_;
  std::unique_ptr<gguf::File> file_;
};

TEST_CASE("all keys of a tokenizer are read") {
  MetadataFile file;
  file.key("general.architecture", kString).str("llama");
  file.key("general.name", kString).str("A name");
  file.key("tokenizer.ggml.model", kString).str("gpt2");
  file.key("tokenizer.ggml.pre", kString).str("qwen2");
  file.strings("tokenizer.ggml.tokens", {"a", "", "a\xff"});
  file.strings("tokenizer.ggml.merges", {"a b"});
  file.key("tokenizer.ggml.scores", kArray).u32(kF32).u64(2).f32(-1.5f).f32(2);
  file.key("tokenizer.ggml.token_type", kArray).u32(kI32).u64(2).u32(1).u32(3);
  file.key("tokenizer.ggml.bos_token_id", kU32).u32(2);
  file.key("tokenizer.ggml.padding_token_id", kI32).put<std::int32_t>(-1);
  file.key("tokenizer.ggml.suffix_token_id", kU32).u32(1);  // an old name
  file.key("tokenizer.ggml.add_bos_token", kBool).u8(1);
  file.key("tokenizer.ggml.add_eos_token", kBool).u8(0);
  file.key("tokenizer.ggml.add_space_prefix", kBool).u8(0);
  const VocabSource source = require(file.read());
  CHECK(source.model == "gpt2");
  CHECK(source.pre == "qwen2");
  CHECK(source.model_name == "A name");
  CHECK(source.architecture == "llama");
  CHECK(source.tokens == std::vector<std::string_view>{"a", "", "a\xff"});
  CHECK(source.merges == std::vector<std::string_view>{"a b"});
  CHECK(source.scores == std::vector<float>{-1.5f, 2});
  CHECK(source.types == std::vector<std::int32_t>{1, 3});
  const auto role = [&](TokenRole r) { return source.roles[static_cast<std::size_t>(r)]; };
  CHECK(role(TokenRole::kBos) == 2u);
  CHECK(role(TokenRole::kEos) == std::nullopt);
  CHECK(role(TokenRole::kPadding) == ~std::uint64_t{0});  // refused or left out by Vocab
  CHECK(role(TokenRole::kFimSuffix) == 1u);
  CHECK(source.add_bos == true);
  CHECK(source.add_eos == false);
  CHECK(source.add_space_prefix == false);
}

TEST_CASE("a file with model and tokens only leaves the rest open") {
  MetadataFile file;
  file.key("tokenizer.ggml.model", kString).str("llama");
  file.strings("tokenizer.ggml.tokens", {"a"});
  const VocabSource source = require(file.read());
  CHECK(source.pre.empty());
  CHECK(source.scores.empty());
  CHECK(source.types.empty());
  CHECK_FALSE(source.merges);
  CHECK_FALSE(source.add_bos);
}

TEST_CASE("missing and wrong keys are named") {
  MetadataFile empty;
  CHECK(empty.error() == "tokenizer.ggml.model is missing: the file has no tokenizer");
  MetadataFile no_tokens;
  no_tokens.key("tokenizer.ggml.model", kString).str("llama");
  CHECK(no_tokens.error().find("tokenizer.ggml.tokens") != std::string::npos);
  MetadataFile numbers;
  numbers.key("tokenizer.ggml.model", kU32).u32(1);
  CHECK(numbers.error().find("tokenizer.ggml.model") != std::string::npos);
  MetadataFile wrong_role;
  wrong_role.key("tokenizer.ggml.model", kString).str("llama");
  wrong_role.strings("tokenizer.ggml.tokens", {"a"});
  wrong_role.key("tokenizer.ggml.eos_token_id", kString).str("</s>");
  CHECK(wrong_role.error().find("tokenizer.ggml.eos_token_id") != std::string::npos);
  MetadataFile wrong_scores;
  wrong_scores.key("tokenizer.ggml.model", kString).str("llama");
  wrong_scores.strings("tokenizer.ggml.tokens", {"a"});
  wrong_scores.strings("tokenizer.ggml.scores", {"high"});
  CHECK(wrong_scores.error().find("tokenizer.ggml.scores") != std::string::npos);
}

}  // namespace
}  // namespace forge::text
