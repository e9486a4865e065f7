// core/text/tokenizer/spm_encoder.hpp: SentencePiece-style BPE, as Llama 2 and Mistral use it.
#ifndef FORGE_CORE_TEXT_TOKENIZER_SPM_ENCODER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_SPM_ENCODER_HPP_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/symbol_merger.hpp"
#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab.hpp"
#include "core/text/tokenizer/word_cache.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

// The most bytes of text that are tokenized at once: offsets, also of escaped text, fit 32 bits.
inline constexpr std::size_t kMaxText = 700u << 20;

// Text to tokens: spaces become U+2581, then neighbouring characters are joined while the result is
// a token, highest score first, leftmost among equals. What is no token in the end becomes its
// bytes' tokens <0x00>..<0xFF>, so that any bytes, UTF-8 or not, survive; but U+2581 itself is a
// space, and a space behind a character that is cut off may come back as U+2581. Immutable: any
// thread, each with its own Scratch.
class SpmEncoder {
 public:
  // `vocab` must outlive the encoder. A byte without a token becomes the unknown token; the log
  // warns of such a vocabulary.
  explicit SpmEncoder(const Vocab& vocab);

  // Working memory, kept between calls. One thread at a time.
  struct Scratch {
    explicit Scratch(const SpmEncoder&) {}
    WordCache cache;
    SymbolMerger merger;
    std::string escaped;
  };

  // Appends the tokens of `text`, which contains no special token; `space_first`: as if a space
  // stood before it. At most kMaxText bytes.
  Status encode(std::string_view text, bool space_first, Scratch& scratch,
                std::vector<TokenId>& out) const;

 private:
  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const;
  void merge(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const;
  Merge merge_of(std::string_view joined) const;
  std::size_t word_end(std::string_view text, std::size_t begin) const;

  const Vocab* vocab_;
  std::array<TokenId, 256> bytes_;  // what a byte becomes that is in no token
  std::size_t longest_ = 0;         // bytes of the longest token
  bool words_ = false;  // no token spans the border between something and a U+2581 after it
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_SPM_ENCODER_HPP_
