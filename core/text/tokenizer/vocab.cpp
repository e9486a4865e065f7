#include "core/text/tokenizer/vocab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/text/tokenizer/known_tokens.hpp"

namespace forge::text {
namespace {

// Longest text of a token. Real ones stay below 2,000 bytes.
constexpr std::size_t kMaxTokenBytes = 1u << 16;
// Of all special tokens together, which are kept in a tree of their bytes. Real ones: 200 KB.
constexpr std::size_t kMaxSpecialBytes = 8u << 20;

spdlog::logger& logger() { return log::get("text"); }

TokenAttributes attributes_of_type(std::int32_t type) {
  switch (static_cast<TokenType>(type)) {
    case TokenType::kNormal:
      return kTokenNormal;
    case TokenType::kUnknown:
      return kTokenUnknown;
    case TokenType::kControl:
      return kTokenControl;
    case TokenType::kUserDefined:
      return kTokenUserDefined;
    case TokenType::kUnused:
      return kTokenUnused;
    case TokenType::kByte:
      return kTokenByte;
    case TokenType::kUndefined:
      break;
  }
  return 0;
}

// What a role is when the file does not say: the ids of the first model of each kind.
TokenId default_role(VocabKind kind, const PreTokenizerSpec* pre, TokenRole role) {
  if (kind == VocabKind::kSpm) {
    switch (role) {
      case TokenRole::kBos:
        return 1;
      case TokenRole::kEos:
        return 2;
      case TokenRole::kUnknown:
        return 0;
      default:
        return kNoToken;
    }
  }
  if (role == TokenRole::kBos) return pre->default_bos ? 11 : kNoToken;
  return role == TokenRole::kEos ? 11 : kNoToken;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [text](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

Result<Vocab> Vocab::create(VocabSource source) {
  return guarded([&]() -> Result<Vocab> {
    Vocab vocab;
    FORGE_TRY(vocab.choose_kind(source));
    FORGE_TRY(vocab.take_tokens(source));
    FORGE_TRY(vocab.take_types(source));
    FORGE_TRY(vocab.take_scores(source));
    vocab.take_roles(source);
    vocab.apply_known_tokens();
    vocab.exempt_end_tokens();
    vocab.apply_strip_rules(source);
    FORGE_TRY(vocab.take_flags(source));
    FORGE_TRY(vocab.check_special_size());
    return vocab;
  });
}

bool Vocab::ends_generation(TokenId id) const {
  return std::binary_search(end_tokens_.begin(), end_tokens_.end(), id);
}

Status Vocab::choose_kind(const VocabSource& source) {
  if (source.model == "llama") {
    kind_ = VocabKind::kSpm;
    return {};
  }
  if (source.model != "gpt2") {
    return unimplemented(
        fmt::format("tokenizer.ggml.model is {}; supported are 'gpt2' (byte-level BPE) and 'llama' "
                    "(SentencePiece); this model's text cannot be tokenized",
                    quote(source.model)));
  }
  kind_ = VocabKind::kBpe;
  pre_ = find_pre_tokenizer(source.pre);
  if (pre_ == nullptr) {
    pre_ = &default_pre_tokenizer();
    logger().warn(
        "tokenizer.ggml.pre is {}; falling back to '{}', which may split words differently "
        "from the model's training and worsen its answers",
        source.pre.empty() ? "absent" : quote(source.pre) + ", which is not known", pre_->name);
  }
  return {};
}

Status Vocab::take_tokens(VocabSource& source) {
  texts_ = std::move(source.tokens);
  if (texts_.empty() || texts_.size() > kMaxTokens) {
    return invalid_argument(fmt::format("tokenizer.ggml.tokens has {} entries; expected 1 to {}",
                                        texts_.size(), kMaxTokens));
  }
  index_ = StringIndex(texts_.size());
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (texts_[i].size() > kMaxTokenBytes) {
      return invalid_argument(fmt::format("token {} is {} bytes long; the limit is {}", i,
                                          texts_[i].size(), kMaxTokenBytes));
    }
    if (texts_[i].empty()) {
      made_texts_.push_back(std::make_unique<std::string>(fmt::format("[EMPTY_{}]", i)));
      texts_[i] = *made_texts_.back();
      logger().warn("token {} has no text; it is called '{}'", i, texts_[i]);
    }
    const TokenId other = index_.insert(texts_, static_cast<TokenId>(i));
    if (other != kNoToken) {
      return invalid_argument(
          fmt::format("tokens {} and {} have the same text {}; the vocabulary "
                      "is damaged",
                      other, i, quote(texts_[i])));
    }
  }
  if (kind_ == VocabKind::kSpm) return {};
  if (!source.merges) {
    return invalid_argument(
        "tokenizer.ggml.merges is missing; a byte-level BPE vocabulary cannot be used without it");
  }
  merges_ = *std::move(source.merges);
  if (merges_.size() > kMaxMerges) {
    return invalid_argument(fmt::format("tokenizer.ggml.merges has {} entries; the limit is {}",
                                        merges_.size(), kMaxMerges));
  }
  return {};
}

Status Vocab::take_types(const VocabSource& source) {
  if (!source.types.empty() && source.types.size() < size()) {
    return invalid_argument(fmt::format("tokenizer.ggml.token_type has {} entries for {} tokens",
                                        source.types.size(), size()));
  }
  attributes_.assign(size(), kTokenNormal);
  if (source.types.empty()) return {};
  for (std::size_t i = 0; i < size(); ++i) attributes_[i] = attributes_of_type(source.types[i]);
  return {};
}

Status Vocab::take_scores(VocabSource& source) {
  if (!source.scores.empty() && source.scores.size() < size()) {
    return invalid_argument(fmt::format("tokenizer.ggml.scores has {} entries for {} tokens",
                                        source.scores.size(), size()));
  }
  scores_ = std::move(source.scores);
  const auto bad =
      std::find_if(scores_.begin(), scores_.end(), [](float score) { return std::isnan(score); });
  if (bad != scores_.end()) {
    return invalid_argument(
        fmt::format("the score of token {} is not a number; tokenizer.ggml.scores "
                    "is damaged",
                    bad - scores_.begin()));
  }
  return {};
}

void Vocab::take_roles(const VocabSource& source) {
  for (std::size_t i = 0; i < kTokenRoleCount; ++i) {
    const auto role = static_cast<TokenRole>(i);
    const TokenId fallback = default_role(kind_, pre_, role);
    roles_[i] = contains(fallback) ? fallback : kNoToken;
    if (!source.roles[i]) continue;
    if (*source.roles[i] < size()) {
      roles_[i] = static_cast<TokenId>(*source.roles[i]);
    } else {
      logger().warn("{} is {}, but there are {} tokens; using {}", role_key(role), *source.roles[i],
                    size(), roles_[i] == kNoToken ? "none" : fmt::format("{}", roles_[i]));
    }
  }
}

// Roles the file leaves open, tokens that end generation, and types that conversion got wrong.
void Vocab::apply_known_tokens() {
  const auto role_of = [this](TokenRole role) -> TokenId& {
    return roles_[static_cast<std::size_t>(role)];
  };
  const auto make_control = [this](TokenId id) {
    if (is(id, kTokenControl)) return;
    logger().debug("token {} '{}' is not marked as a control token; it is treated as one", id,
                   text(id));
    attributes_of(id) |= kTokenControl;
  };
  for (const KnownToken& known : known_tokens()) {
    const TokenId id = find(known.text);
    if (id == kNoToken) continue;
    if (known.ends_generation) {
      end_tokens_.push_back(id);
      make_control(id);
    }
    if (known.role && role_of(*known.role) == kNoToken) {
      role_of(*known.role) = id;
      make_control(id);
    }
  }
  for (const std::string_view text : harmony_tokens()) {
    if (const TokenId id = find(text); id != kNoToken) attributes_of(id) = kTokenUserDefined;
  }
  for (const TokenRole role :
       {TokenRole::kEos, TokenRole::kEot, TokenRole::kEom, TokenRole::kFimPadding,
        TokenRole::kFimRepository, TokenRole::kFimFile}) {
    if (role_of(role) != kNoToken) end_tokens_.push_back(role_of(role));
  }
  std::sort(end_tokens_.begin(), end_tokens_.end());
  end_tokens_.erase(std::unique(end_tokens_.begin(), end_tokens_.end()), end_tokens_.end());
}

// Two families use an end token's text for something else.
void Vocab::exempt_end_tokens() {
  const auto ends = [this](std::string_view text) {
    const TokenId id = find(text);
    return id != kNoToken && ends_generation(id);
  };
  // gpt-oss and Solar Open: <|end|> closes one of several messages of an answer.
  const bool calls = ends("<|call|>") || ends("<|calls|>");
  if (calls && ends("<|end|>") && (ends("<|return|>") || ends("<|flush|>"))) {
    const TokenId id = find("<|end|>");
    remove_end_token(id);
    attributes_of(id) = kTokenUserDefined;
  }
  // Gemma 4: </s> is strike-through in HTML.
  if (ends("<|tool_response>") && ends("</s>")) {
    const TokenId id = find("</s>");
    remove_end_token(id);
    attributes_of(id) = kTokenNormal;
  }
}

void Vocab::remove_end_token(TokenId id) {
  end_tokens_.erase(std::remove(end_tokens_.begin(), end_tokens_.end(), id), end_tokens_.end());
}

void Vocab::set_strip(std::string_view text, TokenAttributes side, bool on) {
  const TokenId id = find(text);
  if (id == kNoToken) return;
  TokenAttributes& attributes = attributes_of(id);
  attributes = static_cast<TokenAttributes>(on ? attributes | side : attributes & ~side);
}

// GGUF has no key for these; they follow from the model's name.
void Vocab::apply_strip_rules(const VocabSource& source) {
  const std::string name = lower_ascii(source.model_name);
  if (contains_any(source.pre, {"jina-v2-de", "jina-v2-es", "jina-v2-code"}) ||
      contains_any(source.architecture, {"nomic-bert-moe", "jina-bert-v3"})) {
    set_strip("<mask>", kTokenStripLeft, true);
  } else if (contains_any(name, {"phi-3", "phi3"})) {
    for (TokenAttributes& attributes : attributes_) {
      if ((attributes & kTokenSpecial) != 0) {
        attributes |= kTokenStripRight;
      }
    }
    set_strip("</s>", kTokenStripRight, true);
    for (const std::string_view text : {"<unk>", "<s>", "<|endoftext|>"}) {
      set_strip(text, kTokenStripRight, false);
    }
  } else if (contains_any(name, {"modern-bert"})) {
    set_strip("[MASK]", kTokenStripLeft, true);
  }
}

Status Vocab::take_flags(const VocabSource& source) {
  const bool spm = kind_ == VocabKind::kSpm;
  add_bos_ = source.add_bos.value_or(spm || pre_->add_bos);
  add_eos_ = source.add_eos.value_or(false);
  add_space_prefix_ = spm && source.add_space_prefix.value_or(true);
  const auto missing = [this](TokenRole role, std::string_view flag) {
    return invalid_argument(
        fmt::format("the model wants {} added to every text ({}), but {} names no "
                    "token among the {} there are",
                    role == TokenRole::kBos ? "BOS" : "EOS", flag, role_key(role), size()));
  };
  if (add_bos_ && role(TokenRole::kBos) == kNoToken) {
    return missing(TokenRole::kBos, "tokenizer.ggml.add_bos_token, or its default");
  }
  if (add_eos_ && role(TokenRole::kEos) == kNoToken) {
    return missing(TokenRole::kEos, "tokenizer.ggml.add_eos_token");
  }
  return {};
}

Status Vocab::check_special_size() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if ((attributes_[i] & kTokenSpecial) != 0) bytes += texts_[i].size();
  }
  if (bytes <= kMaxSpecialBytes) return {};
  return invalid_argument(fmt::format(
      "the control, unknown and user-defined tokens have {} bytes together; the limit is {}; "
      "tokenizer.ggml.token_type is damaged",
      bytes, kMaxSpecialBytes));
}

}  // namespace forge::text
