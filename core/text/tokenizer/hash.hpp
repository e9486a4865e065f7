// core/text/tokenizer/hash.hpp: hashing of short strings and small keys.
#ifndef FORGE_CORE_TEXT_TOKENIZER_HASH_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_HASH_HPP_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace forge::text {

inline std::uint64_t load8(const char* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline std::uint64_t load4(const char* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// 1..8 bytes as one number; together with `size` it determines them all.
inline std::uint64_t load_up_to_8(const char* p, std::size_t size) {
  if (size >= 8) return load8(p);
  if (size >= 4) return load4(p) | load4(p + size - 4) << 32;
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
  return byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
}

// High and low half of the 128-bit product, folded: every input bit reaches every output bit.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kHashA = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
inline constexpr std::uint64_t kHashB = 0xd1b54a32d192ed03;  // 2^64 / plastic number

inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t h = seed ^ (left * kHashB);
  for (; left > 8; left -= 8, p += 8) h = mix(h ^ load8(p), kHashA);
  if (left > 0) h = mix(h ^ load_up_to_8(p, left), kHashA);
  return mix(h ^ kHashB, kHashA);
}

// Another number in every process: the clock and where the program was loaded.
inline std::uint64_t process_seed() {
  static const std::uint64_t seed =
      mix(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
              kHashA,
          reinterpret_cast<std::uintptr_t>(&process_seed) ^ kHashB);
  return seed;
}

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_HASH_HPP_
