// Tokenizes any bytes, with vocabularies of both kinds and with one made of the input itself.
//
// Byte-level BPE must give back every byte it was told to keep; SentencePiece-style everything but
// the difference between a space and U+2581; a stream must be valid UTF-8 at every step.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/utf8.hpp"
#include "core/text/tokenizer/detokenizer.hpp"
#include "core/text/tokenizer/tokenizer.hpp"
#include "tests/unit/text/tokenizer/source.hpp"

namespace {

using namespace forge;
using namespace forge::text;
using testing::Source;

void check(bool condition) {
  if (!condition) std::abort();
}

struct Model {
  std::unique_ptr<Source> source;
  std::unique_ptr<Tokenizer> tokenizer;
};

Model make_model(std::unique_ptr<Source> source) {
  auto tokenizer = Tokenizer::create(Vocab::create(source->vocab).value());
  check(tokenizer.ok());
  return {std::move(source), std::move(tokenizer).value()};
}

Model make_bpe(const char* pre) {
  auto source = testing::byte_level_source();
  source->vocab.pre = pre;
  source->merge("Ġ", "Ġ");
  source->merge("ĠĠ", "ĠĠ");
  source->merge("t", "h");
  source->merge("th", "e");
  source->merge("Ġ", "the");
  source->merge("Ã", "©");
  source->merge("a", "a");
  source->merge("aa", "aa");
  source->merge("Ċ", "Ċ");
  source->add("<|im_end|>", TokenType::kControl);
  source->add("<think>", TokenType::kUserDefined);
  source->add("><", TokenType::kControl);
  source->add("  ", TokenType::kUserDefined);
  return make_model(std::move(source));
}

Model make_spm(bool phrases) {
  auto source = testing::spm_source();
  float score = 0;
  for (const char* token :
       {"▁", "a", "t", "h", "th", "▁th", "▁▁", "é", "字", "aa", "▁a", "</", "s>"}) {
    source->add(token, TokenType::kNormal, score -= 1);
  }
  if (phrases) source->add("a▁a", TokenType::kNormal, 1);
  return make_model(std::move(source));
}

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text,
                            EncodeOptions options) {
  auto tokens = tokenizer.encode(text, options);
  check(tokens.ok());
  return std::move(tokens).value();
}

void check_stream(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens) {
  Detokenizer detokenizer(tokenizer);
  std::string out;
  for (const TokenId token : tokens) check(detokenizer.push(token, out).ok());
  detokenizer.finish(out);
  for (std::string_view rest = out; !rest.empty();) {
    const CodePoint c = decode_utf8(rest);
    check(c.valid);
    rest.remove_prefix(c.size);
  }
}

void fuzz_bpe(const Model& model, std::string_view text, bool parse_special) {
  const EncodeOptions keep{false, parse_special, InvalidUtf8::kKeep};
  const auto kept = encode(*model.tokenizer, text, keep);
  check(model.tokenizer->decode(kept, {.show_special = true}).value() == text);
  std::string bytes, view;
  const RegexText replaced = make_regex_text(text, InvalidUtf8::kReplace, bytes, view);
  const auto tokens = encode(*model.tokenizer, text, {false, parse_special, {}});
  check(model.tokenizer->decode(tokens, {.show_special = true}).value() == replaced.bytes);
  check_stream(*model.tokenizer, tokens);
}

// U+2581 is what a space is to SentencePiece-style vocabularies.
std::string with_spaces(std::string text) {
  for (std::size_t at = 0; (at = text.find("▁", at)) != text.npos;) text.replace(at, 3, " ");
  return text;
}

void fuzz_spm(const Model& model, std::string_view text) {
  const auto tokens = encode(*model.tokenizer, text, {.add_special = false});
  const std::string decoded = model.tokenizer->decode(tokens, {.show_special = true}).value();
  check(with_spaces(decoded) == with_spaces(std::string(text)));
  check_stream(*model.tokenizer, encode(*model.tokenizer, text, {.parse_special = true}));
}

// Lines of the input are tokens and merges; the rest is the text.
void fuzz_vocab(std::string_view data, bool bpe) {
  auto source = bpe ? testing::byte_level_source() : testing::spm_source();
  if (!source->vocab.merges) source->vocab.merges.emplace();
  for (int lines = 0; lines < 20; ++lines) {
    const std::size_t end = data.find('\n');
    if (end == data.npos) break;
    const std::string line(data.substr(0, end));
    data.remove_prefix(end + 1);
    if (line.size() > 1 && line[0] == '+') {
      source->vocab.merges->push_back(source->keep(line.substr(1)));
    } else if (!line.empty()) {
      source->add(line.substr(1), static_cast<TokenType>(line[0] - '0'), line[0]);
    }
  }
  auto vocab = Vocab::create(source->vocab);
  if (!vocab.ok()) {
    check(vocab.code() != Code::kInternal && !vocab.status().message().empty());
    return;
  }
  auto tokenizer = Tokenizer::create(std::move(vocab).value());
  if (!tokenizer.ok()) {
    check(tokenizer.code() == Code::kInvalidArgument);
    return;
  }
  check_stream(**tokenizer, encode(**tokenizer, data, {.parse_special = true}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Model bpe[] = {make_bpe("qwen2"), make_bpe("llama-bpe"), make_bpe("default"),
                              make_bpe("tekken")};
  static const Model spm[] = {make_spm(false), make_spm(true)};
  if (size == 0) return 0;
  const unsigned mode = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (mode >> 3 & 3u) {
    case 0:
      fuzz_spm(spm[mode & 1u], text);
      break;
    case 1:
      fuzz_vocab(text, (mode & 1u) != 0);
      break;
    default:
      fuzz_bpe(bpe[mode & 3u], text, (mode & 4u) != 0);
      break;
  }
  return 0;
}
