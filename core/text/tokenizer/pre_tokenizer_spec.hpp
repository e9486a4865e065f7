// core/text/tokenizer/pre_tokenizer_spec.hpp: the pre-tokenizers that GGUF files name.
#ifndef FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_SPEC_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_SPEC_HPP_

#include <span>
#include <string_view>

namespace forge::text {

// How text is cut into words before byte-level BPE, and what goes with the name.
struct PreTokenizerSpec {
  std::string_view name;  // tokenizer.ggml.pre
  // Applied one after the other, each to every piece the ones before it left: what matches becomes
  // a piece, and so does what lies between two matches. A piece is matched as if it were the whole
  // text. PCRE2 syntax, UTF and UCP.
  std::span<const std::string_view> patterns;
  bool ignore_merges;  // a word that is a token stays whole, whatever the merges say
  bool add_bos;        // when the file does not say
  bool default_bos;    // token 11 is BOS when the file names none
};

// nullptr for a name that is not known.
const PreTokenizerSpec* find_pre_tokenizer(std::string_view name);

// What is used when the file names none, or one that is not known: "default".
const PreTokenizerSpec& default_pre_tokenizer();

// All of them, for tests and for messages.
std::span<const PreTokenizerSpec> pre_tokenizer_specs();

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_SPEC_HPP_
