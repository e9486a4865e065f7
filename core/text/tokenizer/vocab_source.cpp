#include "core/text/tokenizer/vocab_source.hpp"

#include <fmt/format.h>

#include <limits>

#include "core/base/guard.hpp"
#include "core/gguf/metadata.hpp"

namespace forge::text {
namespace {

constexpr std::string_view kModel = "tokenizer.ggml.model";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kMerges = "tokenizer.ggml.merges";

// Keys of early converters, for the roles' own keys.
struct OldKey {
  std::string_view key;
  TokenRole role;
};
constexpr OldKey kOldKeys[] = {
    {"tokenizer.ggml.prefix_token_id", TokenRole::kFimPrefix},
    {"tokenizer.ggml.suffix_token_id", TokenRole::kFimSuffix},
    {"tokenizer.ggml.middle_token_id", TokenRole::kFimMiddle},
};

Result<std::vector<std::string_view>> read_strings(const gguf::Metadata& metadata,
                                                   std::string_view key, std::uint64_t limit) {
  FORGE_ASSIGN(const gguf::StringArray strings, metadata.get_strings(key));
  if (strings.size() > limit) {
    return invalid_argument(
        fmt::format("{} has {} entries; the limit is {}", key, strings.size(), limit));
  }
  std::vector<std::string_view> views;
  views.reserve(static_cast<std::size_t>(strings.size()));
  for (const std::string_view text : strings) views.push_back(text);
  return views;
}

template <class T>
Status read_numbers(const gguf::Metadata& metadata, std::string_view key, std::vector<T>& out) {
  if (!metadata.contains(key)) return {};
  FORGE_ASSIGN(out, metadata.get_numbers<T>(key));
  return {};
}

Status read_flag(const gguf::Metadata& metadata, std::string_view key, std::optional<bool>& out) {
  if (!metadata.contains(key)) return {};
  FORGE_ASSIGN(out, metadata.get_bool(key));
  return {};
}

// -1 is how some converters write "none": no token has the number it becomes.
Status read_role(const gguf::Metadata& metadata, std::string_view key,
                 std::optional<std::uint64_t>& out) {
  if (!metadata.contains(key)) return {};
  FORGE_ASSIGN(const std::int64_t id, metadata.get_i64(key));
  out = id < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(id);
  return {};
}

Result<VocabSource> read(const gguf::Metadata& metadata) {
  VocabSource source;
  if (!metadata.contains(kModel)) {
    return not_found(fmt::format("{} is missing: the file has no tokenizer", kModel));
  }
  FORGE_ASSIGN(source.model, metadata.get_string(kModel));
  FORGE_ASSIGN(source.pre, metadata.get_string_or("tokenizer.ggml.pre", ""));
  FORGE_ASSIGN(source.model_name, metadata.get_string_or("general.name", ""));
  FORGE_ASSIGN(source.architecture, metadata.get_string_or("general.architecture", ""));
  FORGE_ASSIGN(source.tokens, read_strings(metadata, kTokens, kMaxTokens));
  if (metadata.contains(kMerges)) {
    FORGE_ASSIGN(source.merges, read_strings(metadata, kMerges, kMaxMerges));
  }
  FORGE_TRY(read_numbers(metadata, "tokenizer.ggml.scores", source.scores));
  FORGE_TRY(read_numbers(metadata, "tokenizer.ggml.token_type", source.types));
  for (std::size_t i = 0; i < kTokenRoleCount; ++i) {
    FORGE_TRY(read_role(metadata, role_key(static_cast<TokenRole>(i)), source.roles[i]));
  }
  for (const auto& [key, role] : kOldKeys) {
    FORGE_TRY(read_role(metadata, key, source.roles[static_cast<std::size_t>(role)]));
  }
  FORGE_TRY(read_flag(metadata, "tokenizer.ggml.add_bos_token", source.add_bos));
  FORGE_TRY(read_flag(metadata, "tokenizer.ggml.add_eos_token", source.add_eos));
  FORGE_TRY(read_flag(metadata, "tokenizer.ggml.add_space_prefix", source.add_space_prefix));
  return source;
}

}  // namespace

Result<VocabSource> read_vocab_source(const gguf::Metadata& metadata) {
  return guarded([&] { return read(metadata); });
}

}  // namespace forge::text
