// core/text/tokenizer/tokenizer.hpp: text to tokens and back.
#ifndef FORGE_CORE_TEXT_TOKENIZER_TOKENIZER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_TOKENIZER_HPP_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/pre_tokenizer.hpp"
#include "core/text/tokenizer/regex_text.hpp"
#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

struct EncodeOptions {
  // BOS before and EOS after the text, where the model wants them (Vocab::add_bos, add_eos).
  bool add_special = true;
  // Texts of control tokens ("<|im_end|>") become the tokens. Off for text that may not command the
  // model. User-defined tokens are found either way.
  bool parse_special = false;
  InvalidUtf8 invalid_utf8 = InvalidUtf8::kReplace;  // kSpm keeps all bytes whatever this says
};

struct DecodeOptions {
  // Texts of control tokens are part of the result.
  bool show_special = false;
  // The tokens start a text: the space that encoding put in front of it (Vocab::add_space_prefix)
  // is taken away again. False for tokens that go on from others, such as a model's answer.
  bool text_start = true;
};

// The tokenizer of one model. Equal, token for token, to llama.cpp on the same file;
// docs/tokenizer.md lists where the models' original tokenizers differ. Immutable: any thread may
// encode and decode at any time; working memory is kept between calls, one set for each thread that
// was ever inside at once.
class Tokenizer {
 public:
  // Errors: kInvalidArgument for merges that do not fit the vocabulary.
  static Result<std::unique_ptr<Tokenizer>> create(
      Vocab vocab, PreTokenizer::Engine engine = PreTokenizer::Engine::kCompiled);

  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  const Vocab& vocab() const { return vocab_; }

  // `text`: any bytes, at most 700 MB. Errors: kInvalidArgument for more, kResourceExhausted.
  Result<std::vector<TokenId>> encode(std::string_view text, EncodeOptions options = {}) const;

  // The bytes the tokens stand for; they need not be UTF-8 (Detokenizer makes them so).
  // Errors: kOutOfRange for an id that is no token.
  Result<std::string> decode(std::span<const TokenId> tokens, DecodeOptions options = {}) const;

  // Appends the bytes of one token, which the vocabulary contains(): nothing for control and
  // unknown tokens unless `show_special`, nothing for unused ones.
  void append_piece(TokenId token, bool show_special, std::string& out) const;

 private:
  class Impl;
  explicit Tokenizer(Vocab vocab);

  Vocab vocab_;
  std::unique_ptr<Impl> impl_;  // after vocab_: refers to it
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_TOKENIZER_HPP_
