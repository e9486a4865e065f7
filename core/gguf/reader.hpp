// core/gguf/reader.hpp: a reading position that cannot leave the file and knows what it reads.
#ifndef FORGE_CORE_GGUF_READER_HPP_
#define FORGE_CORE_GGUF_READER_HPP_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "forge/sdk/status.hpp"

namespace forge::gguf {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian and read in place");

// Reads the bytes of one file from front to back. Every error says file, byte offset and, between
// begin_item() and end_item(), which item: "'f.gguf': byte 120: metadata key #3 'a.b': ...".
// Borrows bytes and source.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& source)
      : bytes_(bytes), source_(source) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t size() const { return bytes_.size(); }
  std::uint64_t remaining() const { return bytes_.size() - position_; }
  const std::byte* begin() const { return bytes_.data(); }
  const std::byte* here() const { return bytes_.data() + position_; }

  // Numbers from 0, as the file has them; the name is added when it has been read.
  void begin_item(const char* kind, std::uint64_t index, std::string_view name = {}) {
    kind_ = kind;
    index_ = index;
    name_ = name;
  }
  void name_item(std::string_view name) { name_ = name; }
  void end_item() { kind_ = nullptr; }

  // `what` says what is read, as in "the type of the value".
  template <class T>
    requires std::is_arithmetic_v<T>
  Status number(const char* what, T& out) {
    if (remaining() < sizeof(T)) return ends_inside(what, sizeof(T));
    std::memcpy(&out, here(), sizeof(T));
    position_ += sizeof(T);
    return {};
  }
  Status skip(const char* what, std::uint64_t n_bytes);
  // A length and as many bytes.
  Status string(const char* what, std::string_view& out);
  // As above; 1..max_bytes long.
  Status name(const char* what, std::uint64_t max_bytes, std::string_view& out);

  // Answers an error when `count` things of at least min_bytes each cannot be in the rest of the
  // file. `at`: where the count is.
  Status check_count(const char* what, std::uint64_t count, std::uint64_t min_bytes,
                     std::uint64_t at) const;

  Status fail(Code code, std::uint64_t offset, std::string_view text) const;
  Status invalid(std::uint64_t offset, std::string_view text) const {
    return fail(Code::kInvalidArgument, offset, text);
  }
  Status ends_inside(const char* what, std::uint64_t need) const;

 private:
  std::span<const std::byte> bytes_;
  const std::string& source_;
  std::uint64_t position_ = 0;
  const char* kind_ = nullptr;
  std::uint64_t index_ = 0;
  std::string_view name_;
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_READER_HPP_
