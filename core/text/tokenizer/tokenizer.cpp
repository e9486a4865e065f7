#include "core/text/tokenizer/tokenizer.hpp"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/text/tokenizer/bpe_encoder.hpp"
#include "core/text/tokenizer/byte_level.hpp"
#include "core/text/tokenizer/detokenizer.hpp"
#include "core/text/tokenizer/special_finder.hpp"
#include "core/text/tokenizer/spm_encoder.hpp"

namespace forge::text {
namespace {

constexpr std::size_t kKeptText = 1u << 20;

constexpr TokenAttributes kHidden = kTokenControl | kTokenUnknown;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte that "<0x0A>" names.
std::optional<char> named_byte(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  const int high = hex_digit(text[3]);
  const int low = hex_digit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

void append_with_spaces(std::string_view text, std::string& out) {
  constexpr std::string_view kSpace = "\xe2\x96\x81";  // U+2581
  while (!text.empty()) {
    const std::size_t at = text.find(kSpace);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return;
    out += ' ';
    text.remove_prefix(at + kSpace.size());
  }
}

}  // namespace

// The encoder of the vocabulary's kind and the pool of working memory.
class Tokenizer::Impl {
 public:
  Impl(const Vocab& vocab, std::optional<BpeEncoder> bpe)
      : vocab_(vocab),
        bpe_(std::move(bpe)),
        all_(vocab, kTokenSpecial, 0),
        user_defined_(vocab, kTokenSpecial, kHidden) {
    if (!bpe_) spm_.emplace(vocab);
  }

  Status encode(std::string_view text, EncodeOptions options, std::vector<TokenId>& out) const {
    if (text.size() > kMaxText) {
      return invalid_argument(fmt::format(
          "the text has {} bytes; at most {} can be tokenized at once", text.size(), kMaxText));
    }
    std::unique_ptr<Scratch> scratch = acquire();
    const Status status = encode_with(*scratch, text, options, out);
    // After a huge text the memory is given back instead of kept for the next.
    if (text.size() <= kKeptText) release(std::move(scratch));
    return status;
  }

 private:
  struct Scratch {
    SpecialFinder::Scratch finder;
    std::optional<BpeEncoder::Scratch> bpe;
    std::optional<SpmEncoder::Scratch> spm;
  };

  Status encode_with(Scratch& scratch, std::string_view text, const EncodeOptions& options,
                     std::vector<TokenId>& out) const {
    const bool bos = options.add_special && vocab_.add_bos();
    const bool eos = options.add_special && vocab_.add_eos();
    if (bos) out.push_back(vocab_.role(TokenRole::kBos));
    (options.parse_special ? all_ : user_defined_).split(text, scratch.finder);
    bool after_special = true;
    for (const Fragment& fragment : scratch.finder.fragments) {
      if (fragment.token != kNoToken) {
        out.push_back(fragment.token);
        after_special = true;
        continue;
      }
      const std::string_view part = text.substr(fragment.begin, fragment.end - fragment.begin);
      if (bpe_) {
        FORGE_TRY(bpe_->encode(part, options.invalid_utf8, *scratch.bpe, out));
      } else {
        FORGE_TRY(
            spm_->encode(part, after_special && vocab_.add_space_prefix(), *scratch.spm, out));
      }
      after_special = false;
    }
    if (eos) out.push_back(vocab_.role(TokenRole::kEos));
    warn_of_doubles(bos, eos, out);
    return {};
  }

  void warn_of_doubles(bool bos, bool eos, const std::vector<TokenId>& out) const {
    if (bos && out.size() >= 2 && out[1] == out[0]) {
      log::get("text").warn(
          "the text starts with BOS already, now it has two; encode without adding "
          "special tokens, or leave it out of the text");
    }
    if (eos && out.size() >= 2 && out[out.size() - 2] == out.back()) {
      log::get("text").warn("the text ends with EOS already, now it has two");
    }
  }

  std::unique_ptr<Scratch> acquire() const {
    {
      const std::scoped_lock lock(mutex_);
      if (!pool_.empty()) {
        std::unique_ptr<Scratch> scratch = std::move(pool_.back());
        pool_.pop_back();
        return scratch;
      }
    }
    auto scratch = std::make_unique<Scratch>();
    if (bpe_) {
      scratch->bpe.emplace(*bpe_);
    } else {
      scratch->spm.emplace(*spm_);
    }
    return scratch;
  }

  void release(std::unique_ptr<Scratch> scratch) const {
    const std::scoped_lock lock(mutex_);
    pool_.push_back(std::move(scratch));
  }

  const Vocab& vocab_;
  std::optional<BpeEncoder> bpe_;  // exactly one of these
  std::optional<SpmEncoder> spm_;
  SpecialFinder all_, user_defined_;
  mutable std::mutex mutex_;  // of pool_
  mutable std::vector<std::unique_ptr<Scratch>> pool_;
};

Tokenizer::Tokenizer(Vocab vocab) : vocab_(std::move(vocab)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::create(Vocab vocab, PreTokenizer::Engine engine) {
  return guarded([&]() -> Result<std::unique_ptr<Tokenizer>> {
    std::unique_ptr<Tokenizer> made(new Tokenizer(std::move(vocab)));
    std::optional<BpeEncoder> bpe;
    if (made->vocab_.kind() == VocabKind::kBpe) {
      FORGE_ASSIGN(bpe, BpeEncoder::create(made->vocab_, engine));
    }
    made->impl_ = std::make_unique<Impl>(made->vocab_, std::move(bpe));
    return made;
  });
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  return guarded([&]() -> Result<std::vector<TokenId>> {
    std::vector<TokenId> tokens;
    tokens.reserve(text.size() / 4 + 4);
    FORGE_TRY(impl_->encode(text, options, tokens));
    return tokens;
  });
}

void Tokenizer::append_piece(TokenId token, bool show_special, std::string& out) const {
  const TokenAttributes attributes = vocab_.attributes(token);
  const std::string_view text = vocab_.text(token);
  if ((attributes & kHidden) != 0 && !show_special) return;
  if ((attributes & kTokenSpecial) != 0) {
    out += text;
    return;
  }
  if ((attributes & kTokenByte) != 0) {
    if (const std::optional<char> byte = named_byte(text)) {
      out += *byte;
      return;
    }
  }
  if ((attributes & (kTokenNormal | kTokenByte)) == 0) return;
  if (vocab_.kind() == VocabKind::kBpe) {
    append_from_byte_level(text, out);
  } else {
    append_with_spaces(text, out);
  }
}

Result<std::string> Tokenizer::decode(std::span<const TokenId> tokens,
                                      DecodeOptions options) const {
  return guarded([&]() -> Result<std::string> {
    Detokenizer detokenizer(*this, options, Detokenizer::Output::kBytes);
    std::string out;
    for (const TokenId token : tokens) FORGE_TRY(detokenizer.push(token, out));
    detokenizer.finish(out);
    return out;
  });
}

}  // namespace forge::text
