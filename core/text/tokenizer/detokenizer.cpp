#include "core/text/tokenizer/detokenizer.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "core/base/guard.hpp"

namespace forge::text {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// What `text` starts with.
struct Start {
  std::size_t length;  // of the character, or of the maximal subpart of what is none
  enum { kCharacter, kIncomplete, kIllFormed } kind;
};

// Bounds of the second byte by the first (Unicode 15, table 3-7); further bytes are 80..BF.
Start start_of(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, Start::kCharacter};
  if (lead < 0xc2 || lead > 0xf4) return {1, Start::kIllFormed};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {i, Start::kIncomplete};
    const unsigned minimum = i == 1 ? low : 0x80;
    const unsigned maximum = i == 1 ? high : 0xbf;
    if (byte(i) < minimum || byte(i) > maximum) return {i, Start::kIllFormed};
  }
  return {length, Start::kCharacter};
}

}  // namespace

Detokenizer::Detokenizer(const Tokenizer& tokenizer, DecodeOptions options, Output output)
    : tokenizer_(tokenizer),
      options_(options),
      output_(output),
      strip_space_(options.text_start && tokenizer.vocab().add_space_prefix()) {}

Status Detokenizer::push(TokenId token, std::string& out) {
  if (!tokenizer_.vocab().contains(token)) {
    return out_of_range(fmt::format("{} is no token; the vocabulary has tokens 0 to {}", token,
                                    tokenizer_.vocab().size() - 1));
  }
  return guarded([&]() -> Status {
    std::string& target = output_ == Output::kBytes ? out : pending_;
    const std::size_t before = target.size();
    tokenizer_.append_piece(token, options_.show_special, target);
    // Control tokens before the text, shown or not, are not its start.
    const bool control = tokenizer_.vocab().is(token, kTokenControl | kTokenUnknown);
    if (strip_space_ && !control && target.size() > before) {
      const bool found_as_is = tokenizer_.vocab().is(token, kTokenUserDefined);
      if (target[before] == ' ' && !found_as_is) target.erase(before, 1);
      strip_space_ = false;
    }
    if (output_ == Output::kUtf8) append_valid(out);
    return {};
  });
}

void Detokenizer::append_valid(std::string& out) {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Start start = start_of(rest);
    if (start.kind == Start::kIncomplete) break;
    out += start.kind == Start::kCharacter ? rest.substr(0, start.length) : kReplacement;
    rest.remove_prefix(start.length);
  }
  pending_.erase(0, pending_.size() - rest.size());
}

void Detokenizer::finish(std::string& out) {
  if (!pending_.empty()) out += kReplacement;
  pending_.clear();
  strip_space_ = options_.text_start && tokenizer_.vocab().add_space_prefix();
}

}  // namespace forge::text
