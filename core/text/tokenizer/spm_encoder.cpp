#include "core/text/tokenizer/spm_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "core/base/log.hpp"

namespace forge::text {
namespace {

constexpr std::string_view kWordStart = "\xe2\x96\x81";  // U+2581

// Bytes of a character as its first byte announces them; 1 for what cannot start one.
std::size_t announced_length(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool is_word_start(std::string_view text, std::size_t at) {
  return text.substr(at, kWordStart.size()) == kWordStart &&
         (at < kWordStart.size() ||
          text.substr(at - kWordStart.size(), kWordStart.size()) != kWordStart);
}

bool has_inner_word_start(std::string_view token) {
  for (std::size_t at = token.find(kWordStart, 1); at != std::string_view::npos;
       at = token.find(kWordStart, at + 1)) {
    if (is_word_start(token, at)) return true;
  }
  return false;
}

// Smaller for a higher score; never Merge::kNever, which a NaN would be.
std::uint32_t key_of(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 is 0
  const bool negative = bits >> 31 != 0;
  return negative ? bits : ~(bits | 0x80000000u);
}

}  // namespace

SpmEncoder::SpmEncoder(const Vocab& vocab) : vocab_(&vocab), bytes_(), words_(true) {
  std::size_t missing = 0;
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    bytes_[byte] = vocab.find(fmt::format("<0x{:02X}>", byte));
    const char c = static_cast<char>(byte);
    if (bytes_[byte] == kNoToken) bytes_[byte] = vocab.find({&c, 1});
    if (bytes_[byte] != kNoToken) continue;
    bytes_[byte] = vocab.role(TokenRole::kUnknown);
    ++missing;
  }
  if (missing > 0) {
    log::get("text").warn(
        "the vocabulary has no token for {} of the 256 bytes; text loses characters with such "
        "bytes "
        "when it is tokenized",
        missing);
  }
  for (std::size_t i = 0; i < vocab.size(); ++i) {
    const std::string_view token = vocab.text(static_cast<TokenId>(i));
    longest_ = std::max(longest_, token.size());
    words_ = words_ && !has_inner_word_start(token);
  }
}

Status SpmEncoder::encode(std::string_view text, bool space_first, Scratch& scratch,
                          std::vector<TokenId>& out) const {
  if (text.size() > kMaxText) {
    return invalid_argument(fmt::format(
        "the text has {} bytes; at most {} can be tokenized at once", text.size(), kMaxText));
  }
  std::string& escaped = scratch.escaped;
  escaped.assign(space_first ? kWordStart : std::string_view());
  for (const char c : text) {
    if (c == ' ') {
      escaped += kWordStart;
    } else {
      escaped += c;
    }
  }
  const std::string_view all = escaped;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = words_ ? word_end(all, begin) : all.size();
    encode_word(all.substr(begin, end - begin), scratch, out);
    begin = end;
  }
  return {};
}

std::size_t SpmEncoder::word_end(std::string_view text, std::size_t begin) const {
  std::size_t at = begin;
  do {
    at += announced_length(text[at]);
  } while (at < text.size() && !is_word_start(text, at));
  return std::min(at, text.size());
}

void SpmEncoder::encode_word(std::string_view word, Scratch& scratch,
                             std::vector<TokenId>& out) const {
  if (!WordCache::fits(word)) {
    merge(word, scratch, out);
    return;
  }
  const WordCache::Key key(word);
  const std::span<const TokenId> known = scratch.cache.find(key);
  if (!known.empty()) {
    out.insert(out.end(), known.begin(), known.end());
    return;
  }
  const std::size_t first = out.size();
  merge(word, scratch, out);
  scratch.cache.put(key, {out.data() + first, out.size() - first});
}

void SpmEncoder::merge(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
  scratch.merger.clear();
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t length = std::min(announced_length(word[at]), word.size() - at);
    scratch.merger.add(vocab_->find(word.substr(at, length)), at);
    at += length;
  }
  scratch.merger.run(
      word.size(),
      [&](const Symbol& left, const Symbol&, std::uint32_t right_end) {
        return merge_of(word.substr(left.begin, right_end - left.begin));
      },
      [&](TokenId token, std::uint32_t begin, std::uint32_t end) {
        if (token != kNoToken) {
          out.push_back(token);
          return;
        }
        for (const char c : word.substr(begin, end - begin)) {
          out.push_back(bytes_[static_cast<unsigned char>(c)]);
        }
      });
}

Merge SpmEncoder::merge_of(std::string_view joined) const {
  if (joined.size() > longest_) return {};
  const TokenId token = vocab_->find(joined);
  return token == kNoToken ? Merge{} : Merge{key_of(vocab_->score(token)), token};
}

}  // namespace forge::text
