// core/text/tokenizer/pre_tokenizer.hpp: cuts text into the words that BPE works on.
#ifndef FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_HPP_

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/pre_tokenizer_spec.hpp"
#include "forge/sdk/status.hpp"

// PCRE2's own types for 8-bit text; its header is needed in the .cpp only.
struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace forge::text {

// The compiled patterns of a PreTokenizerSpec. Immutable: any thread, each with its own Scratch.
class PreTokenizer {
 public:
  // Compiled code, or PCRE2's interpreter: slower by an order of magnitude, same result. kCompiled
  // falls back to the interpreter by itself where the system forbids making code (SELinux,
  // memory-deny-write-execute), with a line in the log.
  enum class Engine { kCompiled, kInterpreted };

  // `spec` must outlive the PreTokenizer. Errors: kInternal for a pattern PCRE2 does not accept.
  static Result<PreTokenizer> create(const PreTokenizerSpec& spec,
                                     Engine engine = Engine::kCompiled);

  // Working memory of split(); kept between calls. One thread at a time.
  class Scratch {
   public:
    explicit Scratch(const PreTokenizer& owner);

   private:
    friend class PreTokenizer;
    struct Delete {
      void operator()(pcre2_real_match_data_8* data) const;
    };
    std::unique_ptr<pcre2_real_match_data_8, Delete> match_;
    std::vector<std::size_t> ends_, pieces_;
  };

  // Ends of the words of `text`, ascending, in bytes; the last is text.size(). `text` must be valid
  // UTF-8 (it is not checked here). Linear in the text's size for the patterns of
  // pre_tokenizer_specs(); no recursion. The result is part of `scratch`.
  // Errors: kResourceExhausted, should PCRE2 run out of memory.
  Result<std::span<const std::size_t>> split(std::string_view text, Scratch& scratch) const;

  bool is_compiled() const { return compiled_; }

 private:
  struct DeleteCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  struct DeleteContext {
    void operator()(pcre2_real_match_context_8* context) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, DeleteCode>;

  PreTokenizer() = default;
  Status add_pattern(std::string_view pattern, Engine engine);
  Status split_piece(const pcre2_real_code_8* code, std::string_view text, std::size_t begin,
                     std::size_t end, Scratch& scratch, std::vector<std::size_t>& ends) const;
  int match(const pcre2_real_code_8* code, std::string_view subject, std::size_t from,
            Scratch& scratch) const;

  std::vector<Code> patterns_;
  std::unique_ptr<pcre2_real_match_context_8, DeleteContext> context_;
  bool compiled_ = false;  // all patterns
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_PRE_TOKENIZER_HPP_
