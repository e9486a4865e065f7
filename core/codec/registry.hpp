// core/codec/registry.hpp: every codec of the process, by type number and by name.
//
// Two classes: CodecView looks up, CodecRegistry also adds. Whoever runs models gets the view; only
// the part that loads plugins has the registry.
#ifndef FORGE_CORE_CODEC_REGISTRY_HPP_
#define FORGE_CORE_CODEC_REGISTRY_HPP_

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "forge/abi/codec.h"
#include "forge/sdk/status.hpp"

namespace forge {

// Lookups. Records are borrowed and stay valid as long as the library they come from, which is
// until the process exits. Thread-safe, also while the registry is added to.
class CodecView {
 public:
  CodecView(const CodecView&) = delete;
  CodecView& operator=(const CodecView&) = delete;

  // nullptr when no codec has that type number.
  const forge_codec_v1* find(std::uint32_t type) const;

  // By name, in upper or lower case. kNotFound suggests the nearest name, or lists all.
  Result<const forge_codec_v1*> find(std::string_view name) const;

  // The name of a type, or "type 77" when no codec has that number.
  std::string name_of(std::uint32_t type) const;

  // Who brought a type: "core" or a plugin id; "" when no codec has that number.
  std::string owner_of(std::uint32_t type) const;

  // All, by rising type number.
  std::vector<const forge_codec_v1*> all() const;

 private:
  friend class CodecRegistry;
  struct Entry {
    const forge_codec_v1* codec;
    std::string owner;
  };

  CodecView() = default;

  mutable std::shared_mutex mutex_;
  std::map<std::uint32_t, Entry> by_type_;
};

// Thread-safe.
class CodecRegistry {
 public:
  enum class Contents { kEmpty, kStandard };

  explicit CodecRegistry(Contents contents = Contents::kStandard);

  const CodecView& view() const { return view_; }

  // Adds one codec after checking every field of its record. kInvalidArgument says which field is
  // wrong; kAlreadyExists who has the type number or the name. `owner` is "core" or a plugin id.
  Status add(const forge_codec_v1* codec, std::string_view owner);

  // Adds what a plugin offers as "forge.codecs/1": all of it or, on an error, nothing.
  Status add_all(const forge_plugin_codecs_v1* codecs, std::string_view owner);

 private:
  // Needs the lock. `fresh` are the codecs of the same call that were checked before this one.
  Status check(const forge_codec_v1* codec, std::string_view owner,
               const std::vector<const forge_codec_v1*>& fresh) const;

  CodecView view_;
};

}  // namespace forge

#endif  // FORGE_CORE_CODEC_REGISTRY_HPP_
