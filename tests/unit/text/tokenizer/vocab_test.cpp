#include "core/text/tokenizer/vocab.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "core/base/log.hpp"
#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using testing::byte_level_source;
using testing::require;
using testing::spm_source;

std::string error_of(const VocabSource& source, Code code = Code::kInvalidArgument) {
  const auto vocab = Vocab::create(source);
  REQUIRE_FALSE(vocab.ok());
  CHECK(vocab.code() == code);
  return vocab.status().message();
}

// What the log says while it lives.
class LogCapture {
 public:
  LogCapture() { log::set_sinks({std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_)}); }
  ~LogCapture() { log::set_sinks({}); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  bool has(std::string_view text) const { return stream_.str().find(text) != std::string::npos; }

 private:
  std::ostringstream stream_;
};

TEST_CASE("a vocabulary of either kind, with its defaults") {
  const auto bpe_source = byte_level_source();
  const Vocab bpe = require(Vocab::create(bpe_source->vocab));
  CHECK(bpe.kind() == VocabKind::kBpe);
  CHECK(bpe.size() == 256);
  CHECK(bpe.text('a') == "a");
  CHECK(bpe.find("Ġ") == ' ');
  CHECK(bpe.find("nothing") == kNoToken);
  CHECK(bpe.role(TokenRole::kBos) == 11);
  CHECK(bpe.role(TokenRole::kEos) == 11);
  CHECK(bpe.role(TokenRole::kUnknown) == kNoToken);
  CHECK_FALSE(bpe.add_bos());
  CHECK_FALSE(bpe.add_space_prefix());
  CHECK(bpe.ends_generation(11));
  CHECK_FALSE(bpe.ends_generation(12));
  CHECK_FALSE(bpe.contains(-1));
  CHECK_FALSE(bpe.contains(256));

  const auto source = spm_source();
  const Vocab spm = require(Vocab::create(source->vocab));
  CHECK(spm.kind() == VocabKind::kSpm);
  CHECK(spm.role(TokenRole::kBos) == 1);
  CHECK(spm.role(TokenRole::kEos) == 2);
  CHECK(spm.role(TokenRole::kUnknown) == 0);
  CHECK(spm.add_bos());
  CHECK_FALSE(spm.add_eos());
  CHECK(spm.add_space_prefix());
  CHECK(spm.is(1, kTokenControl));
  CHECK(spm.is(3, kTokenByte));
}

TEST_CASE("BOS by default where the pre-tokenizer says so, and as the file says") {
  const auto source = byte_level_source();
  source->vocab.pre = "llama-bpe";
  CHECK(require(Vocab::create(source->vocab)).add_bos());
  source->vocab.add_bos = false;
  source->vocab.add_eos = true;
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK_FALSE(vocab.add_bos());
  CHECK(vocab.add_eos());
  source->vocab.pre = "glm4";
  CHECK(require(Vocab::create(source->vocab)).role(TokenRole::kBos) == kNoToken);
}

TEST_CASE("tokenizers of other kinds are refused, with what is supported") {
  const auto source = byte_level_source();
  source->vocab.model = GENERATE("bert", "t5", "rwkv", "plamo2", "no_vocab", "", "\x1b[2J");
  const std::string error = error_of(source->vocab, Code::kUnimplemented);
  CHECK(error.find("supported are 'gpt2' (byte-level BPE) and 'llama' (SentencePiece)") !=
        std::string::npos);
  CHECK(error.find('\x1b') == std::string::npos);
}

TEST_CASE("an unknown pre-tokenizer falls back, and the log says to what") {
  const auto source = byte_level_source();
  {
    const LogCapture log;
    source->vocab.pre = "qwen99";
    CHECK(require(Vocab::create(source->vocab)).pre_tokenizer().name == "default");
    CHECK(log.has("tokenizer.ggml.pre is 'qwen99', which is not known; falling back to 'default'"));
  }
  const LogCapture log;
  source->vocab.pre = "";
  CHECK(require(Vocab::create(source->vocab)).pre_tokenizer().name == "default");
  CHECK(log.has("tokenizer.ggml.pre is absent; falling back to 'default'"));
}

TEST_CASE("damaged vocabularies are refused") {
  const auto bpe = byte_level_source();
  VocabSource source = bpe->vocab;
  source.tokens.clear();
  CHECK(error_of(source).find("tokenizer.ggml.tokens has 0 entries; expected 1 to 4194304") == 0);
  source = bpe->vocab;
  source.tokens[9] = source.tokens['a'];
  CHECK(error_of(source) == "tokens 9 and 97 have the same text 'a'; the vocabulary is damaged");
  source = bpe->vocab;
  const std::string longest(1u << 16, 'x'), too_long(longest + "x");
  source.tokens[9] = longest;
  CHECK(Vocab::create(source).ok());
  source.tokens[9] = too_long;
  CHECK(error_of(source) == "token 9 is 65537 bytes long; the limit is 65536");
  source = bpe->vocab;
  source.merges.reset();
  CHECK(error_of(source).find("tokenizer.ggml.merges is missing") == 0);
  source = bpe->vocab;
  source.types.pop_back();
  CHECK(error_of(source) == "tokenizer.ggml.token_type has 255 entries for 256 tokens");
  source = bpe->vocab;
  source.scores.pop_back();
  CHECK(error_of(source) == "tokenizer.ggml.scores has 255 entries for 256 tokens");
  source = spm_source()->vocab;
  source = bpe->vocab;
  source.scores[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of(source).find("the score of token 7 is not a number") == 0);
}

TEST_CASE("special tokens of gigantic size together are refused") {
  const auto source = byte_level_source();
  for (char c = 'a'; c <= 'z'; ++c) {
    for (char d = 'a'; d <= 'g'; ++d) {
      source->add(std::string(60000, c) + d, TokenType::kControl);
    }
  }
  CHECK(error_of(source->vocab).find("user-defined tokens have 10920182 bytes together") !=
        std::string::npos);
  for (std::int32_t& type : source->vocab.types) type = 1;
  CHECK(Vocab::create(source->vocab).ok());
}

TEST_CASE("a vocabulary too small for the BOS or EOS it wants added is refused") {
  VocabSource source;
  source.model = "llama";
  source.tokens = {"<unk>"};
  CHECK(error_of(source).find("the model wants BOS added to every text") == 0);
  source.add_bos = false;
  CHECK(Vocab::create(source).ok());
  source.add_eos = true;
  CHECK(error_of(source).find("the model wants EOS added to every text "
                              "(tokenizer.ggml.add_eos_token), but tokenizer.ggml.eos_token_id "
                              "names no token among the 1 there are") == 0);
}

TEST_CASE("roles out of range are left out with a warning") {
  const auto source = spm_source();
  source->role(TokenRole::kPadding) = 1u << 20;
  source->role(TokenRole::kBos) = std::numeric_limits<std::uint64_t>::max();
  source->role(TokenRole::kEos) = 7;
  const LogCapture log;
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(vocab.role(TokenRole::kPadding) == kNoToken);
  CHECK(vocab.role(TokenRole::kBos) == 1);
  CHECK(vocab.role(TokenRole::kEos) == 7);
  CHECK(
      log.has("tokenizer.ggml.padding_token_id is 1048576, but there are 259 tokens; using none"));
  CHECK(log.has("tokenizer.ggml.bos_token_id is 18446744073709551615"));
}

TEST_CASE("tokens without text get a name") {
  const auto source = byte_level_source();
  source->vocab.tokens[65] = "";
  const LogCapture log;
  Vocab made = require(Vocab::create(source->vocab));
  const Vocab vocab = std::move(made);  // the name moves along
  CHECK(vocab.text(65) == "[EMPTY_65]");
  CHECK(vocab.find("[EMPTY_65]") == 65);
  CHECK(log.has("token 65 has no text"));
}

TEST_CASE("known texts give roles, types and ends") {
  const auto source = byte_level_source();
  const TokenId eot = source->add("<|im_end|>");  // normal: made a control token
  const TokenId endoftext = source->add("<|endoftext|>", TokenType::kControl);
  const TokenId prefix = source->add("<|fim_prefix|>", TokenType::kUserDefined);
  const TokenId file = source->add("<|file_sep|>", TokenType::kUserDefined);
  const TokenId other = source->add("<|other|>", TokenType::kControl);
  source->role(TokenRole::kEos) = endoftext;
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(vocab.role(TokenRole::kEot) == eot);
  CHECK(vocab.attributes(eot) == (kTokenNormal | kTokenControl));
  CHECK(vocab.role(TokenRole::kFimPrefix) == prefix);
  CHECK(vocab.attributes(prefix) == (kTokenUserDefined | kTokenControl));
  CHECK(vocab.ends_generation(eot));
  CHECK(vocab.ends_generation(endoftext));
  CHECK(vocab.ends_generation(file));
  CHECK_FALSE(vocab.ends_generation(prefix));
  CHECK_FALSE(vocab.ends_generation(other));

  source->role(TokenRole::kEot) = other;  // the file decides
  const Vocab stated = require(Vocab::create(source->vocab));
  CHECK(stated.role(TokenRole::kEot) == other);
  CHECK(stated.ends_generation(other));
}

TEST_CASE("two families have end tokens that do not end") {
  const auto harmony = byte_level_source();
  const TokenId end = harmony->add("<|end|>", TokenType::kControl);
  const TokenId back = harmony->add("<|return|>", TokenType::kControl);
  const TokenId channel = harmony->add("<|channel|>", TokenType::kControl);
  CHECK(require(Vocab::create(harmony->vocab)).ends_generation(end));
  harmony->add("<|call|>", TokenType::kControl);
  const Vocab vocab = require(Vocab::create(harmony->vocab));
  CHECK_FALSE(vocab.ends_generation(end));
  CHECK(vocab.attributes(end) == kTokenUserDefined);
  CHECK(vocab.ends_generation(back));
  CHECK(vocab.attributes(channel) == kTokenUserDefined);

  const auto gemma = spm_source();
  gemma->role(TokenRole::kEos) = 1;
  CHECK(require(Vocab::create(gemma->vocab)).ends_generation(2));
  gemma->add("<|tool_response>", TokenType::kControl);
  const Vocab exempt = require(Vocab::create(gemma->vocab));
  CHECK_FALSE(exempt.ends_generation(2));
  CHECK(exempt.attributes(2) == kTokenNormal);
}

TEST_CASE("types that do not exist read as undefined") {
  const auto source = byte_level_source();
  source->vocab.types['a'] = 77;
  source->vocab.types['b'] = -1;
  const Vocab vocab = require(Vocab::create(source->vocab));
  CHECK(vocab.attributes('a') == 0);
  CHECK(vocab.attributes('b') == 0);
}

}  // namespace
}  // namespace forge::text
