// plugins/hip/device/formats.hpp: how quantized weights lie in the memory of a GPU. Host and
// device.
//
// A matrix [n_in, n_out] is kept in tiles of 16 rows (outputs) and blocks of 32 columns (k). What
// belongs to one block of one row is spread over planes; in each, the entry of tile t, block b and
// row r is number
//   (t * n_in / 32 + b) * 16 + r
// so that 16 lanes read 16 rows side by side. Rows beyond n_out are zero.
//
//   codes, 4 bits   16 bytes: word i has the elements 4 i .. 4 i + 3 in its low nibbles and 16 + 4
//   i .. in its high ones codes, 8 bits   two sub-planes of 16 bytes per tile, block and row, first
//   all of a block's elements 0 to 15
//                   for its 16 rows (256 bytes), then 16 to 31
//   bits, 1         one word: bit 8 c + i is of element 4 i + c
//   bits, 2         two words, of the elements 0 to 15 and 16 to 31: bits 8 c + 2 i of element 4 i
//   + c scales          of the block, see ScaleKind super           of 8 blocks: entry (t * n_in /
//   256 + b / 8) * 16 + r
//
// An element's value is a sum of products of integers: with u the code (4 or 8 bits, the bits above
// it, or what a table holds for it) and the block's scales
//   value = d * s * u + dm * m
// where s and m are small integers of a group of 16 or 32 elements. Codes that a file subtracts
// half of their range from are kept centred: with their highest bit flipped, which makes them two's
// complement.
#ifndef FORGE_PLUGINS_HIP_DEVICE_FORMATS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_FORMATS_HPP_

#include <stdint.h>

namespace forge::hip {

inline constexpr uint32_t kTileRows = 16;
inline constexpr uint32_t kBlock = 32;       // elements along k
inline constexpr uint32_t kSuperBlocks = 8;  // blocks that share an entry of the super plane
inline constexpr uint32_t kSegments = 16;    // of k: see matmul.hpp

enum class ScaleKind : uint32_t {
  kHalf,        // block: f16 d.                                 s = 1
  kHalfPair,    // block: f16 d, f16 dm.                         s = m = 1
  kExponent,    // block: e8m0 exponent byte, d = 2^(e - 128).   s = 1
  kSuper,       // block: int8 s.            super: f16 d
  kSuperMin,    // block: u8 s, u8 m.        super: f16 d, f16 -dmin
  kSuper16,     // block: int8 s0, int8 s1.  super: f16 d
  kSuper16Min,  // block: two of s | m << 4. super: f16 d, f16 -dmin
};

// Bytes of an entry of the scales plane and of the super plane.
constexpr uint32_t scale_bytes(ScaleKind kind) {
  switch (kind) {
    case ScaleKind::kHalfPair:
      return 4;
    case ScaleKind::kExponent:
    case ScaleKind::kSuper:
      return 1;
    default:
      return 2;
  }
}
constexpr uint32_t super_bytes(ScaleKind kind) {
  switch (kind) {
    case ScaleKind::kSuper:
    case ScaleKind::kSuper16:
      return 2;
    case ScaleKind::kSuperMin:
    case ScaleKind::kSuper16Min:
      return 4;
    default:
      return 0;
  }
}

struct Format {
  uint32_t code_bits;  // 0, 4 or 8
  uint32_t low_bits;   // of the plane of single bits: 0 or 1
  uint32_t pair_bits;  // of the plane of pairs: 0 or 2
  bool centred;        // the code is two's complement
  bool table;          // the code picks a signed byte of a table
  ScaleKind scale;
  uint32_t group;  // elements of a scale: 16 or 32

  constexpr bool has_min() const {
    return scale == ScaleKind::kHalfPair || scale == ScaleKind::kSuperMin ||
           scale == ScaleKind::kSuper16Min;
  }
  constexpr uint32_t bits() const { return code_bits + low_bits + pair_bits; }
  constexpr bool is_signed() const { return table || centred || code_bits == 8; }
  // Products take a centred code in the highest bits of a byte, so 2^shift times too large.
  constexpr uint32_t shift() const { return centred ? 8 - bits() : 0; }
  // Elements a row must be a multiple of.
  constexpr uint32_t row_multiple() const {
    return super_bytes(scale) != 0 ? kBlock * kSuperBlocks : kBlock;
  }
  // Bytes of 32 elements of one row in each plane.
  constexpr uint32_t code_bytes() const { return code_bits * kBlock / 8; }
  constexpr uint32_t single_bytes() const { return low_bits * 4; }
  constexpr uint32_t pair_bytes() const { return pair_bits * 4; }
};

inline constexpr Format kQ8_0 = {8, 0, 0, false, false, ScaleKind::kHalf, 32};
inline constexpr Format kQ4_0 = {4, 0, 0, true, false, ScaleKind::kHalf, 32};
inline constexpr Format kQ4_1 = {4, 0, 0, false, false, ScaleKind::kHalfPair, 32};
inline constexpr Format kQ5_0 = {4, 1, 0, true, false, ScaleKind::kHalf, 32};
inline constexpr Format kQ5_1 = {4, 1, 0, false, false, ScaleKind::kHalfPair, 32};
inline constexpr Format kQ2_K = {0, 0, 2, false, false, ScaleKind::kSuper16Min, 16};
inline constexpr Format kQ3_K = {0, 1, 2, true, false, ScaleKind::kSuper16, 16};
inline constexpr Format kQ4_K = {4, 0, 0, false, false, ScaleKind::kSuperMin, 32};
inline constexpr Format kQ5_K = {4, 1, 0, false, false, ScaleKind::kSuperMin, 32};
inline constexpr Format kQ6_K = {4, 0, 2, true, false, ScaleKind::kSuper16, 16};
inline constexpr Format kIQ4_NL = {4, 0, 0, false, true, ScaleKind::kHalf, 32};
inline constexpr Format kIQ4_XS = {4, 0, 0, false, true, ScaleKind::kSuper, 32};
inline constexpr Format kMXFP4 = {4, 0, 0, false, true, ScaleKind::kExponent, 32};

// The tables, as words of four signed bytes. IQ4: the 16 levels of ggml's non-linear 4-bit types;
// MXFP4: e2m1, doubled, which kExponent's 2^-128 takes back.
struct Table16 {
  int8_t value[16];
  uint32_t word[4];
};

constexpr Table16 make_table(const int8_t (&values)[16]) {
  Table16 table = {};
  for (int i = 0; i < 16; ++i) {
    table.value[i] = values[i];
    table.word[i / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(values[i])) << 8 * (i % 4);
  }
  return table;
}

inline constexpr Table16 kTableIq4 =
    make_table({-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113});
inline constexpr Table16 kTableMxfp4 =
    make_table({0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12});

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_DEVICE_FORMATS_HPP_
