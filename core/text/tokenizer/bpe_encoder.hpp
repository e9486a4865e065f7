// core/text/tokenizer/bpe_encoder.hpp: byte-level BPE.
#ifndef FORGE_CORE_TEXT_TOKENIZER_BPE_ENCODER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_BPE_ENCODER_HPP_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/merge_table.hpp"
#include "core/text/tokenizer/pre_tokenizer.hpp"
#include "core/text/tokenizer/regex_text.hpp"
#include "core/text/tokenizer/symbol_merger.hpp"
#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab.hpp"
#include "core/text/tokenizer/word_cache.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

// Text to tokens: words by PreTokenizer, each word's bytes merged by rank (Sennrich et al. 2016,
// https://arxiv.org/abs/1508.07909). Immutable: any thread, each with its own Scratch.
class BpeEncoder {
 public:
  // `vocab` must outlive the encoder. A byte that has no token is dropped from text, as llama.cpp
  // does; the log warns of such a vocabulary.
  static Result<BpeEncoder> create(const Vocab& vocab, PreTokenizer::Engine engine);

  // Working memory, kept between calls. One thread at a time.
  struct Scratch {
    explicit Scratch(const BpeEncoder& owner) : words(owner.words_) {}
    PreTokenizer::Scratch words;
    WordCache cache;
    SymbolMerger merger;
    std::string bytes, view, encoded;
  };

  // Appends the tokens of `text`, which contains no special token. At most 2^31 - 2 bytes.
  Status encode(std::string_view text, InvalidUtf8 invalid, Scratch& scratch,
                std::vector<TokenId>& out) const;

 private:
  BpeEncoder(const Vocab& vocab, PreTokenizer words, MergeTable merges);
  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const;
  void merge_short(std::string_view word, std::vector<TokenId>& out) const;
  void merge_long(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const;
  TokenId byte_token(char byte) const { return bytes_[static_cast<unsigned char>(byte)]; }

  const Vocab* vocab_;
  PreTokenizer words_;
  MergeTable merges_;
  std::array<TokenId, 256> bytes_;  // the token of each byte
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_BPE_ENCODER_HPP_
