// plugins/hip/device/halves.hpp: bytes as halves, two in a word.
#ifndef FORGE_PLUGINS_HIP_DEVICE_HALVES_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_HALVES_HPP_

#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

// The four bytes of a word as halves, exact.
template <bool kSigned>
FORGE_DEVICE void halves_of(uint32_t bytes, uint32_t (&to)[2]) {
  // 0x6400 + b is the half 1024 + b. Signed bytes are moved to 0 .. 255 first.
  constexpr uint32_t kOffset = kSigned ? 0xe480e480u : 0xe400e400u;  // -1152, -1024
  if constexpr (kSigned) bytes ^= 0x80808080u;
  to[0] = add_halves(spread_bytes<0>(bytes, 0x64), kOffset);
  to[1] = add_halves(spread_bytes<1>(bytes, 0x64), kOffset);
}

FORGE_DEVICE uint32_t twice(uint16_t half) { return half * 0x00010001u; }

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_HALVES_HPP_
