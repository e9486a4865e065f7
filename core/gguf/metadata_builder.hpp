// core/gguf/metadata_builder.hpp: the key-value part of a file to be written.
#ifndef FORGE_CORE_GGUF_METADATA_BUILDER_HPP_
#define FORGE_CORE_GGUF_METADATA_BUILDER_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gguf/array_encoding.hpp"
#include "core/gguf/metadata.hpp"
#include "core/gguf/value.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// Keys in order of adding. Every set_ adds the key, or replaces its value (which may change type)
// and keeps its place. Errors: kInvalidArgument for a key or value the reader would refuse (empty
// or too long a key, arrays nested too deep, a bad general.alignment). A value type: copies are
// independent. One thread at a time.
class MetadataBuilder {
 public:
  Status set_u8(std::string_view key, std::uint8_t value);
  Status set_i8(std::string_view key, std::int8_t value);
  Status set_u16(std::string_view key, std::uint16_t value);
  Status set_i16(std::string_view key, std::int16_t value);
  Status set_u32(std::string_view key, std::uint32_t value);
  Status set_i32(std::string_view key, std::int32_t value);
  Status set_u64(std::string_view key, std::uint64_t value);
  Status set_i64(std::string_view key, std::int64_t value);
  Status set_f32(std::string_view key, float value);
  Status set_f64(std::string_view key, double value);
  Status set_bool(std::string_view key, bool value);
  Status set_string(std::string_view key, std::string_view value);
  Status set_array(std::string_view key, const ArrayEncoding& value);

  // A value of another file, bit for bit; all values of another file.
  Status set_value(std::string_view key, const Value& value);
  Status set_all(const Metadata& metadata);

  // Whether there was such a key.
  bool remove(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != entries_.size(); }
  std::size_t size() const { return entries_.size(); }

  // general.alignment, or the format's default.
  std::uint64_t alignment() const { return alignment_; }

  // All entries as they are stored, appended to `out`. May throw std::bad_alloc.
  void encode(std::string& out) const;

 private:
  struct Entry {
    std::string key;
    ValueType type;
    std::string bytes;
  };

  std::size_t find(std::string_view key) const;
  Status set(std::string_view key, ValueType type, std::string_view bytes);
  template <class T>
  Status set_number(std::string_view key, ValueType type, T value);

  std::vector<Entry> entries_;
  std::uint64_t alignment_ = 32;
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_METADATA_BUILDER_HPP_
