// tests/unit/gguf/byte_builder.hpp: GGUF files put together byte by byte.
//
// Written from the format's description and shares nothing with core/gguf, so that it can be an
// oracle for the reader and make files that are wrong in one chosen place.
#ifndef FORGE_TESTS_UNIT_GGUF_BYTE_BUILDER_HPP_
#define FORGE_TESTS_UNIT_GGUF_BYTE_BUILDER_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forge::gguf::testing {

// A string of little-endian numbers.
class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Bytes& u8(std::uint8_t v) { return put(v); }
  Bytes& u32(std::uint32_t v) { return put(v); }
  Bytes& u64(std::uint64_t v) { return put(v); }
  Bytes& f32(float v) { return put(v); }
  Bytes& raw(std::string_view text) {
    text_ += text;
    return *this;
  }
  Bytes& str(std::string_view text) { return u64(text.size()).raw(text); }
  Bytes& zeros(std::size_t n) {
    text_.append(n, '\0');
    return *this;
  }
  Bytes& align(std::size_t alignment) {
    return zeros((alignment - text_.size() % alignment) % alignment);
  }
  // A metadata entry up to its value.
  Bytes& key(std::string_view name, std::uint32_t type) { return str(name).u32(type); }
  // A tensor description.
  Bytes& tensor(std::string_view name, std::initializer_list<std::uint64_t> shape,
                std::uint32_t type, std::uint64_t offset) {
    str(name).u32(static_cast<std::uint32_t>(shape.size()));
    for (const std::uint64_t extent : shape) u64(extent);
    return u32(type).u64(offset);
  }
  // The first 24 bytes.
  Bytes& header(std::uint64_t n_tensors, std::uint64_t n_keys, std::uint32_t version = 3) {
    return raw("GGUF").u32(version).u64(n_tensors).u64(n_keys);
  }

  std::size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  operator const std::string&() const { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  std::string text_;
};

// A copy of a file's bytes on the heap at a multiple of 64, of exactly their length, so that
// AddressSanitizer sees a read beyond the last.
class AlignedCopy {
 public:
  explicit AlignedCopy(const std::string& text)
      : size_(text.size()),
        data_(static_cast<std::byte*>(::operator new(size_ == 0 ? 1 : size_, kAlignment))) {
    if (size_ != 0) std::memcpy(data_, text.data(), size_);
  }
  AlignedCopy(const AlignedCopy&) = delete;
  AlignedCopy& operator=(const AlignedCopy&) = delete;
  ~AlignedCopy() { ::operator delete(data_, kAlignment); }

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  std::size_t size_;
  std::byte* data_;
};

// Two tensors (F32 [4, 2] and Q8_0 [32]), a string, a number and an array of strings.
inline std::string small_file(std::uint32_t version = 3) {
  Bytes b;
  b.header(2, 3, version);
  b.key("general.architecture", 8).str("llama");
  b.key("llama.block_count", 4).u32(2);
  b.key("tokenizer.ggml.tokens", 9).u32(8).u64(3).str("a").str("").str("\xc3\xa9");
  b.tensor("token_embd.weight", {4, 2}, 0, 0);
  b.tensor("output.weight", {32}, 8, 32);
  b.align(32);
  for (int i = 0; i < 8; ++i) b.f32(static_cast<float>(i) + 0.5f);
  b.raw(std::string_view("\x00\x3c", 2)).raw(std::string(32, '\x07'));
  return b.align(32).text();
}

}  // namespace forge::gguf::testing

#endif  // FORGE_TESTS_UNIT_GGUF_BYTE_BUILDER_HPP_
