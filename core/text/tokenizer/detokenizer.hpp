// core/text/tokenizer/detokenizer.hpp: tokens to text, one at a time.
#ifndef FORGE_CORE_TEXT_TOKENIZER_DETOKENIZER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_DETOKENIZER_HPP_

#include <string>

#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/tokenizer.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

// One stream of text. A character may be spread over several tokens: its bytes are held back until
// it is complete, so that everything handed out is valid UTF-8 by itself. One thread at a time.
class Detokenizer {
 public:
  enum class Output {
    // Valid UTF-8. What cannot be part of a character becomes U+FFFD, one for each maximal subpart
    // of
    // an ill-formed sequence (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts";
    // as
    // in web browsers), as soon as that is certain.
    kUtf8,
    // The tokens' bytes as they are, nothing held back.
    kBytes,
  };

  // `tokenizer` must outlive the detokenizer.
  explicit Detokenizer(const Tokenizer& tokenizer, DecodeOptions options = {},
                       Output output = Output::kUtf8);

  // Appends to `out` what is certain after this token; often nothing.
  // Errors: kOutOfRange for an id that is no token (then nothing has changed), kResourceExhausted.
  Status push(TokenId token, std::string& out);

  // The stream is over: appends U+FFFD if a character is incomplete. push() may start anew.
  void finish(std::string& out);

  // Bytes held back, 0..3.
  std::size_t pending() const { return pending_.size(); }

 private:
  void append_valid(std::string& out);

  const Tokenizer& tokenizer_;
  DecodeOptions options_;
  Output output_;
  bool strip_space_;  // the next piece's leading space goes
  std::string pending_;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_DETOKENIZER_HPP_
