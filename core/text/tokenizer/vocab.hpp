// core/text/tokenizer/vocab.hpp: a checked vocabulary.
#ifndef FORGE_CORE_TEXT_TOKENIZER_VOCAB_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_VOCAB_HPP_

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/pre_tokenizer_spec.hpp"
#include "core/text/tokenizer/string_index.hpp"
#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab_source.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

// How text becomes tokens.
enum class VocabKind {
  kBpe,  // "gpt2": bytes merged by rank, within the words a pre-tokenizer finds
  kSpm,  // "llama": characters merged by score, spaces as U+2581, missing characters as bytes
};

// Tokens and what is known of them. Immutable: any thread. Views into the VocabSource's text, which
// must outlive it.
class Vocab {
 public:
  // Checks everything the tokenizers rely on: size, unique texts, lengths of the parallel arrays,
  // finite scores, roles in range. Missing facts get llama.cpp's defaults; what can be repaired is
  // repaired with a warning in the log (subsystem "text"). Errors: kInvalidArgument for a damaged
  // vocabulary, kUnimplemented for a tokenizer this program does not have.
  static Result<Vocab> create(VocabSource source);

  VocabKind kind() const { return kind_; }
  std::size_t size() const { return texts_.size(); }
  bool contains(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < size(); }

  // Of a token that contains() knows. The text is in the model's encoding: for kBpe each byte is
  // one character (see byte_level.hpp), for kSpm spaces are U+2581.
  std::string_view text(TokenId id) const { return texts_[static_cast<std::size_t>(id)]; }
  float score(TokenId id) const { return scores_.empty() ? 0.0f : scores_[index_of(id)]; }
  TokenAttributes attributes(TokenId id) const { return attributes_[index_of(id)]; }
  bool is(TokenId id, TokenAttributes any) const { return (attributes(id) & any) != 0; }

  // The token with exactly this text, of whatever type; kNoToken if there is none.
  TokenId find(std::string_view text) const { return index_.find(texts_, text); }
  // ids[i] = find(texts[i]), as many of each; faster where there are many.
  void find_all(std::span<const std::string_view> texts, std::span<TokenId> ids) const {
    index_.find_all(texts_, texts, ids);
  }

  // kNoToken when the model has no such token.
  TokenId role(TokenRole role) const { return roles_[static_cast<std::size_t>(role)]; }
  // Tokens that end an answer, ascending.
  std::span<const TokenId> end_tokens() const { return end_tokens_; }
  bool ends_generation(TokenId id) const;

  // Whether encoding adds these around a text by default. When true, the role has a token.
  bool add_bos() const { return add_bos_; }
  bool add_eos() const { return add_eos_; }
  // kSpm: text starts with a space that the user did not write.
  bool add_space_prefix() const { return add_space_prefix_; }

  // kBpe only.
  const PreTokenizerSpec& pre_tokenizer() const { return *pre_; }
  std::span<const std::string_view> merges() const { return merges_; }

 private:
  Vocab() = default;
  static std::size_t index_of(TokenId id) { return static_cast<std::size_t>(id); }

  Status choose_kind(const VocabSource& source);
  Status take_tokens(VocabSource& source);
  Status take_types(const VocabSource& source);
  Status take_scores(VocabSource& source);
  Status take_flags(const VocabSource& source);
  void take_roles(const VocabSource& source);
  void apply_known_tokens();
  void exempt_end_tokens();
  void apply_strip_rules(const VocabSource& source);
  Status check_special_size() const;
  void set_strip(std::string_view text, TokenAttributes side, bool on);
  TokenAttributes& attributes_of(TokenId id) { return attributes_[index_of(id)]; }
  void remove_end_token(TokenId id);

  VocabKind kind_ = VocabKind::kBpe;
  const PreTokenizerSpec* pre_ = nullptr;
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<std::string>> made_texts_;  // of tokens the file leaves empty
  std::vector<float> scores_;
  std::vector<TokenAttributes> attributes_;
  std::vector<std::string_view> merges_;
  StringIndex index_;
  std::array<TokenId, kTokenRoleCount> roles_{};
  std::vector<TokenId> end_tokens_;
  bool add_bos_ = false;
  bool add_eos_ = false;
  bool add_space_prefix_ = false;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_VOCAB_HPP_
