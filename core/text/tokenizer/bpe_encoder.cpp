#include "core/text/tokenizer/bpe_encoder.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "core/base/log.hpp"
#include "core/text/tokenizer/byte_level.hpp"

namespace forge::text {
namespace {

// Words up to this many bytes are merged by walking over all pairs for each merge, which for so few
// beats any queue.
constexpr std::size_t kShortWord = 32;

}  // namespace

BpeEncoder::BpeEncoder(const Vocab& vocab, PreTokenizer words, MergeTable merges)
    : vocab_(&vocab), words_(std::move(words)), merges_(std::move(merges)), bytes_() {
  std::string character;
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    character.clear();
    const char c = static_cast<char>(byte);
    append_byte_level({&c, 1}, character);
    bytes_[byte] = vocab.find(character);
  }
}

Result<BpeEncoder> BpeEncoder::create(const Vocab& vocab, PreTokenizer::Engine engine) {
  FORGE_ASSIGN(PreTokenizer words, PreTokenizer::create(vocab.pre_tokenizer(), engine));
  FORGE_ASSIGN(MergeTable merges, MergeTable::create(vocab));
  BpeEncoder encoder(vocab, std::move(words), std::move(merges));
  const auto missing = std::count(encoder.bytes_.begin(), encoder.bytes_.end(), kNoToken);
  if (missing > 0) {
    log::get("text").warn(
        "the vocabulary has no token for {} of the 256 bytes; text loses them when it is tokenized",
        missing);
  }
  return encoder;
}

Status BpeEncoder::encode(std::string_view text, InvalidUtf8 invalid, Scratch& scratch,
                          std::vector<TokenId>& out) const {
  const RegexText regex_text = make_regex_text(text, invalid, scratch.bytes, scratch.view);
  FORGE_ASSIGN(const std::span<const std::size_t> ends,
               words_.split(regex_text.view, scratch.words));
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    encode_word(regex_text.bytes.substr(begin, end - begin), scratch, out);
    begin = end;
  }
  return {};
}

void BpeEncoder::encode_word(std::string_view word, Scratch& scratch,
                             std::vector<TokenId>& out) const {
  const bool cached = WordCache::fits(word);
  const WordCache::Key key(cached ? word : std::string_view("?"));
  if (cached) {
    const std::span<const TokenId> known = scratch.cache.find(key);
    if (!known.empty()) {
      out.insert(out.end(), known.begin(), known.end());
      return;
    }
  }
  const std::size_t first = out.size();
  TokenId whole = kNoToken;
  if (vocab_->pre_tokenizer().ignore_merges) {
    scratch.encoded.clear();
    append_byte_level(word, scratch.encoded);
    whole = vocab_->find(scratch.encoded);
  }
  if (whole != kNoToken) {
    out.push_back(whole);
  } else if (word.size() <= kShortWord) {
    merge_short(word, out);
  } else {
    merge_long(word, scratch, out);
  }
  if (cached) scratch.cache.put(key, {out.data() + first, out.size() - first});
}

void BpeEncoder::merge_short(std::string_view word, std::vector<TokenId>& out) const {
  std::array<TokenId, kShortWord> tokens;
  std::array<Merge, kShortWord> merges;  // of a token with the next; unused for the last
  std::size_t count = word.size();
  for (std::size_t i = 0; i < count; ++i) tokens[i] = byte_token(word[i]);
  for (std::size_t i = 0; i + 1 < count; ++i) merges[i] = merges_.find(tokens[i], tokens[i + 1]);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].key < merges[best].key) best = i;
    }
    if (merges[best].key == Merge::kNever) break;
    tokens[best] = merges[best].token;
    std::copy(tokens.data() + best + 2, tokens.data() + count, tokens.data() + best + 1);
    std::copy(merges.data() + best + 1, merges.data() + count - 1, merges.data() + best);
    --count;
    if (best > 0) merges[best - 1] = merges_.find(tokens[best - 1], tokens[best]);
    if (best + 1 < count) merges[best] = merges_.find(tokens[best], tokens[best + 1]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (tokens[i] != kNoToken) out.push_back(tokens[i]);
  }
}

void BpeEncoder::merge_long(std::string_view word, Scratch& scratch,
                            std::vector<TokenId>& out) const {
  scratch.merger.clear();
  for (std::size_t i = 0; i < word.size(); ++i) scratch.merger.add(byte_token(word[i]), i);
  scratch.merger.run(
      word.size(),
      [this](const Symbol& left, const Symbol& right, std::uint32_t) {
        return merges_.find(left.token, right.token);
      },
      [&out](TokenId token, std::uint32_t, std::uint32_t) {
        if (token != kNoToken) out.push_back(token);
      });
}

}  // namespace forge::text
