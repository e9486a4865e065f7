#include "core/codec/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <span>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/codec/standard.hpp"

namespace forge {
namespace {

// Limits that no sensible format meets and that keep a wrong record from doing harm.
constexpr std::size_t kMaxName = 32;
constexpr std::uint32_t kMaxBlockElements = 1u << 16;
constexpr std::uint32_t kMaxBlockBytes = 1u << 20;
constexpr std::uint32_t kMaxConversions = 64;
constexpr std::uint32_t kMaxCodecs = 1024;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return upper(x) == upper(y); });
}

bool is_name_character(char c) {
  const char u = upper(c);
  return (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || c == '_' || c == '-' || c == '.';
}

// The name, read no further than it may be long; nullopt-like empty view when it is not a name.
std::string_view checked_name(const char* name) {
  if (name == nullptr) return {};
  const std::string_view text(name, strnlen(name, kMaxName + 1));
  const bool good =
      text.size() <= kMaxName && std::all_of(text.begin(), text.end(), is_name_character);
  return good ? text : std::string_view();
}

Status check_fields(const forge_codec_v1& codec, std::string_view name) {
  const auto wrong = [name](const std::string& what) {
    return invalid_argument(fmt::format("codec {}: {}", name, what));
  };
  if (codec.block_elements == 0 || codec.block_elements > kMaxBlockElements)
    return wrong(fmt::format("block_elements is {}; expected 1 to {}", codec.block_elements,
                             kMaxBlockElements));
  if (codec.block_bytes == 0 || codec.block_bytes > kMaxBlockBytes)
    return wrong(
        fmt::format("block_bytes is {}; expected 1 to {}", codec.block_bytes, kMaxBlockBytes));
  if (codec.dequantize == nullptr) return wrong("dequantize is NULL; every codec can decode");
  if (codec.n_converts_to > kMaxConversions)
    return wrong(fmt::format("n_converts_to is {}; expected at most {}", codec.n_converts_to,
                             kMaxConversions));
  if (codec.n_converts_to != 0 && codec.converts_to == nullptr)
    return wrong(fmt::format("converts_to is NULL, but n_converts_to is {}", codec.n_converts_to));
  for (std::uint32_t i = 0; i < codec.n_converts_to; ++i)
    if (codec.converts_to[i] == codec.type)
      return wrong(fmt::format("converts_to[{}] is its own type, {}", i, codec.type));
  return {};
}

}  // namespace

const forge_codec_v1* CodecView::find(std::uint32_t type) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : found->second.codec;
}

Result<const forge_codec_v1*> CodecView::find(std::string_view name) const {
  return guarded([&]() -> Result<const forge_codec_v1*> {
    const std::shared_lock lock(mutex_);
    std::vector<std::string_view> names;
    for (const auto& [type, entry] : by_type_) {
      if (equal_ignoring_case(entry.codec->name, name)) return entry.codec;
      names.emplace_back(entry.codec->name);
    }
    std::string hint = did_you_mean(name.substr(0, 4 * kMaxName), names);
    if (hint.empty()) hint = fmt::format("; known: {}", fmt::join(names, " "));
    return not_found(fmt::format("no codec is named {}{}", quote(name), hint));
  });
}

std::string CodecView::name_of(std::uint32_t type) const {
  const forge_codec_v1* codec = find(type);
  return codec == nullptr ? fmt::format("type {}", type) : codec->name;
}

std::string CodecView::owner_of(std::uint32_t type) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? std::string() : found->second.owner;
}

std::vector<const forge_codec_v1*> CodecView::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<const forge_codec_v1*> codecs;
  codecs.reserve(by_type_.size());
  for (const auto& [type, entry] : by_type_) codecs.push_back(entry.codec);
  return codecs;
}

CodecRegistry::CodecRegistry(Contents contents) {
  if (contents == Contents::kEmpty) return;
  for (const forge_codec_v1* codec : standard_codecs())
    view_.by_type_.emplace(codec->type, CodecView::Entry{codec, "core"});
}

Status CodecRegistry::check(const forge_codec_v1* codec, std::string_view owner,
                            const std::vector<const forge_codec_v1*>& fresh) const {
  if (codec == nullptr) return invalid_argument("a codec record is NULL");
  if (codec->struct_size < sizeof(forge_codec_v1))
    return invalid_argument(fmt::format(
        "a codec record has struct_size {}; expected at least {}: it was compiled against a header "
        "that is older than ABI 1.0 or not forge/abi/codec.h",
        codec->struct_size, sizeof(forge_codec_v1)));
  const std::string_view name = checked_name(codec->name);
  if (name.empty())
    return invalid_argument(fmt::format(
        "the codec of type {} has no usable name; expected 1 to {} letters, digits, '_', '-', '.'",
        codec->type, kMaxName));
  FORGE_TRY(check_fields(*codec, name));

  const auto taken = [&](const forge_codec_v1& other, std::string_view other_owner) -> Status {
    const bool same_type = other.type == codec->type;
    if (!same_type && !equal_ignoring_case(other.name, name)) return {};
    return already_exists(
        fmt::format("codec {} (type {}) of {} has the {} of codec {} (type {}) of {}; {}", name,
                    codec->type, quote(owner), same_type ? "type number" : "name", other.name,
                    other.type, quote(other_owner),
                    same_type ? fmt::format("private numbers start at {}", +FORGE_TYPE_PRIVATE)
                              : "names are compared without regard to case"));
  };
  for (const auto& [type, entry] : view_.by_type_) FORGE_TRY(taken(*entry.codec, entry.owner));
  for (const forge_codec_v1* other : fresh) FORGE_TRY(taken(*other, owner));
  return {};
}

Status CodecRegistry::add(const forge_codec_v1* codec, std::string_view owner) {
  const forge_codec_v1* const codecs[] = {codec};
  const forge_plugin_codecs_v1 record = {sizeof(forge_plugin_codecs_v1), 1, codecs};
  return add_all(&record, owner);
}

Status CodecRegistry::add_all(const forge_plugin_codecs_v1* codecs, std::string_view owner) {
  return guarded([&]() -> Status {
    if (codecs == nullptr) return invalid_argument("the record of codecs is NULL");
    if (codecs->struct_size < sizeof(forge_plugin_codecs_v1))
      return invalid_argument(
          fmt::format("the record of codecs has struct_size {}; expected at least {}",
                      codecs->struct_size, sizeof(forge_plugin_codecs_v1)));
    if (codecs->n_codecs == 0 || codecs->n_codecs > kMaxCodecs || codecs->codecs == nullptr)
      return invalid_argument(
          fmt::format("the record of codecs lists {} codecs{}; expected 1 to {}", codecs->n_codecs,
                      codecs->codecs == nullptr ? " at NULL" : "", kMaxCodecs));
    const std::unique_lock lock(view_.mutex_);
    std::vector<const forge_codec_v1*> fresh;
    for (const forge_codec_v1* codec : std::span(codecs->codecs, codecs->n_codecs)) {
      FORGE_TRY(check(codec, owner, fresh));
      fresh.push_back(codec);
    }
    for (const forge_codec_v1* codec : fresh) {
      view_.by_type_.emplace(codec->type, CodecView::Entry{codec, std::string(owner)});
      log::get("codec").debug("{} (type {}, {} numbers in {} bytes{}) from {}", codec->name,
                              codec->type, codec->block_elements, codec->block_bytes,
                              codec->quantize == nullptr ? ", decodes only" : "", owner);
    }
    return {};
  });
}

}  // namespace forge
