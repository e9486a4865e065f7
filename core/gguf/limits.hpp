// core/gguf/limits.hpp: what is accepted as a model file.
//
// Far above any real file, low enough that a hostile one cannot cost much. Sizes need no limit of
// their own: nothing is read, and nothing is reserved, beyond what the file really holds.
#ifndef FORGE_CORE_GGUF_LIMITS_HPP_
#define FORGE_CORE_GGUF_LIMITS_HPP_

#include <bit>
#include <cstddef>
#include <cstdint>

namespace forge::gguf {

inline constexpr std::uint64_t kMaxKeys = 1u << 20;
inline constexpr std::uint64_t kMaxTensors = 1u << 20;  // of one file, and of all parts of a model
inline constexpr std::uint64_t kMaxKeyBytes = 65535;    // the format's own limit
inline constexpr std::uint64_t kMaxTensorNameBytes = 255;  // format: 64; some writers use more
inline constexpr std::uint32_t kMaxArrayDepth = 4;         // an array of numbers has depth 1

inline constexpr std::uint64_t kDefaultAlignment = 32;
inline constexpr std::uint64_t kMinAlignment = 8;  // the format's own; numbers can be read in place
inline constexpr std::uint64_t kMaxAlignment = 1u << 20;

// Whether general.alignment may be this.
constexpr bool valid_alignment(std::uint64_t alignment) {
  return alignment >= kMinAlignment && alignment <= kMaxAlignment && std::has_single_bit(alignment);
}

// The next multiple of a valid alignment; offset must be below 2^63.
constexpr std::uint64_t align_up(std::uint64_t offset, std::uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

// Files in memory must start at a multiple of this.
inline constexpr std::uint64_t kMemoryAlignment = 32;

// How much of a path is shown in a message.
inline constexpr std::size_t kPathBytes = 4096;

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_LIMITS_HPP_
