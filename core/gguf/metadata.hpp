// core/gguf/metadata.hpp: the key-value part of a file.
#ifndef FORGE_CORE_GGUF_METADATA_HPP_
#define FORGE_CORE_GGUF_METADATA_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/gguf/value.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// All keys in file order, with typed access. Views into the file: valid as long as the File.
//
// Getters answer kNotFound for an absent key and kInvalidArgument for one of another type or out of
// the result's range; the message names file, key, byte offset, what is there and what is expected.
// Getters ending in _or answer `fallback` for an absent key, never for a wrong one.
// Immutable: any thread.
class Metadata {
 public:
  struct Entry {
    std::string_view key;
    Value value;
  };

  Metadata() = default;

  // `source` names the file in messages, `base` is the file's first byte. Keys must be unique; see
  // find_duplicate.
  Metadata(std::string source, const std::byte* base, std::vector<Entry> entries);

  std::size_t size() const { return entries_.size(); }
  std::span<const Entry> entries() const { return entries_; }

  // nullptr when the key is absent.
  const Value* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }

  Result<std::uint64_t> get_u64(std::string_view key) const;
  Result<std::int64_t> get_i64(std::string_view key) const;
  Result<double> get_f64(std::string_view key) const;  // integers too
  Result<bool> get_bool(std::string_view key) const;
  Result<std::string_view> get_string(std::string_view key) const;
  Result<Array> get_array(std::string_view key) const;
  Result<StringArray> get_strings(std::string_view key) const;

  Result<std::uint64_t> get_u64_or(std::string_view key, std::uint64_t fallback) const;
  Result<std::int64_t> get_i64_or(std::string_view key, std::int64_t fallback) const;
  Result<double> get_f64_or(std::string_view key, double fallback) const;
  Result<bool> get_bool_or(std::string_view key, bool fallback) const;
  Result<std::string_view> get_string_or(std::string_view key, std::string_view fallback) const;

  // A copy of an array of numbers or booleans (false 0, true 1), converted to T, which is
  // std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float or double. A single number or
  // boolean is an array of one. Integers must fit T; numbers are rounded to a floating-point T.
  template <class T>
  Result<std::vector<T>> get_numbers(std::string_view key) const;

  // Where the encoded value starts, in bytes from the start of the file.
  std::uint64_t offset_of(const Value& value) const {
    return static_cast<std::uint64_t>(value.data() - base_);
  }

  // Index of an entry whose key an earlier entry has too, and of that one; {size, size} if none.
  struct Duplicate {
    std::size_t first, second;
  };
  Duplicate find_duplicate() const;

 private:
  Result<const Value*> require(std::string_view key) const;
  Status wrong_type(std::string_view key, const Value& value, std::string_view expected) const;

  std::string source_;
  const std::byte* base_ = nullptr;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> by_key_;  // indices into entries_, sorted by key, then by index
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_METADATA_HPP_
