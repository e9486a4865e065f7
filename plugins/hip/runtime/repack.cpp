#include "plugins/hip/runtime/repack.hpp"

#include <cstring>

namespace forge::hip {
namespace {

using Byte = std::uint8_t;

// 32 elements of one row, taken apart.
struct Parts {
  Byte codes[kBlock];  // all bits of the codes
  Byte scale[4];       // the entry of the scales plane
  Byte super[4];       // the entry of the super plane
};

void copy_half(Byte* to, const Byte* from) { std::memcpy(to, from, 2); }
void copy_negated_half(Byte* to, const Byte* from) {
  to[0] = from[0];
  to[1] = from[1] ^ 0x80;
}

// 16 bytes of nibbles: element i is low in byte i, element i + 16 high.
void nibbles(const Byte* qs, Byte* codes) {
  for (int i = 0; i < 16; ++i) {
    codes[i] = qs[i] & 15;
    codes[i + 16] = qs[i] >> 4;
  }
}
void fifth_bits(const Byte* qh, Byte* codes) {
  for (int i = 0; i < 32; ++i)
    codes[i] = static_cast<Byte>(codes[i] | (qh[i / 8] >> (i % 8) & 1) << 4);
}

// How one type's blocks lie in the file (core/codec/formats/ says where each bit is). read() takes
// block `b` of kBlock elements of a row apart.
template <std::uint32_t kType>
struct Source;

template <>
struct Source<FORGE_TYPE_Q8_0> {
  static constexpr Format kFormat = kQ8_0;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 34;
    copy_half(p.scale, block);
    std::memcpy(p.codes, block + 2, 32);
  }
};

template <>
struct Source<FORGE_TYPE_Q4_0> {
  static constexpr Format kFormat = kQ4_0;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 18;
    copy_half(p.scale, block);
    nibbles(block + 2, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_IQ4_NL> : Source<FORGE_TYPE_Q4_0> {
  static constexpr Format kFormat = kIQ4_NL;
};

template <>
struct Source<FORGE_TYPE_Q4_1> {
  static constexpr Format kFormat = kQ4_1;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 20;
    std::memcpy(p.scale, block, 4);
    nibbles(block + 4, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_Q5_0> {
  static constexpr Format kFormat = kQ5_0;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 22;
    copy_half(p.scale, block);
    nibbles(block + 6, p.codes);
    fifth_bits(block + 2, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_Q5_1> {
  static constexpr Format kFormat = kQ5_1;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 24;
    std::memcpy(p.scale, block, 4);
    nibbles(block + 8, p.codes);
    fifth_bits(block + 4, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_MXFP4> {
  static constexpr Format kFormat = kMXFP4;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b * 17;
    p.scale[0] = block[0];
    nibbles(block + 1, p.codes);
  }
};

// Two bits of each code: number i of block j of a super-block.
void two_bits(const Byte* qs, std::size_t j, Byte* codes) {
  const Byte* from = qs + j / 4 * 32;
  const unsigned shift = static_cast<unsigned>(j % 4) * 2;
  for (int i = 0; i < 32; ++i) codes[i] = static_cast<Byte>(from[i] >> shift & 3);
}
// Four bits of each code, as Q4_K and Q5_K have them.
void four_bits(const Byte* qs, std::size_t j, Byte* codes) {
  const Byte* from = qs + j / 2 * 32;
  const unsigned shift = static_cast<unsigned>(j % 2) * 4;
  for (int i = 0; i < 32; ++i) codes[i] = static_cast<Byte>(from[i] >> shift & 15);
}
// Bit j of byte i becomes bit `to` of code i.
template <int kTo>
void high_bit(const Byte* qh, std::size_t j, Byte* codes) {
  for (int i = 0; i < 32; ++i) codes[i] = static_cast<Byte>(codes[i] | (qh[i] >> j & 1) << kTo);
}

// The scale and the minimum of run j of Q4_K and Q5_K (core/codec/formats/k_scales.hpp).
void k_scale_and_min(const Byte* packed, std::size_t j, Byte* to) {
  if (j < 4) {
    to[0] = packed[j] & 63;
    to[1] = packed[j + 4] & 63;
    return;
  }
  to[0] = static_cast<Byte>((packed[j + 4] & 15) | packed[j - 4] >> 6 << 4);
  to[1] = static_cast<Byte>(packed[j + 4] >> 4 | packed[j] >> 6 << 4);
}

template <>
struct Source<FORGE_TYPE_Q2_K> {
  static constexpr Format kFormat = kQ2_K;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 84;
    const std::size_t j = b % kSuperBlocks;
    std::memcpy(p.scale, block + 2 * j, 2);
    copy_half(p.super, block + 80);
    copy_negated_half(p.super + 2, block + 82);
    two_bits(block + 16, j, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_Q3_K> {
  static constexpr Format kFormat = kQ3_K;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 110;
    const std::size_t j = b % kSuperBlocks;
    p.scale[0] = scale(block + 96, 2 * j);
    p.scale[1] = scale(block + 96, 2 * j + 1);
    copy_half(p.super, block + 108);
    two_bits(block + 32, j, p.codes);
    high_bit<2>(block, j, p.codes);
  }
  static Byte scale(const Byte* packed, std::size_t run) {
    const int low = packed[run % 8] >> (run / 8 * 4) & 15;
    const int high = packed[8 + run % 4] >> (run / 4 * 2) & 3;
    return static_cast<Byte>((low | high << 4) - 32);
  }
};

template <>
struct Source<FORGE_TYPE_Q4_K> {
  static constexpr Format kFormat = kQ4_K;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 144;
    const std::size_t j = b % kSuperBlocks;
    k_scale_and_min(block + 4, j, p.scale);
    copy_half(p.super, block);
    copy_negated_half(p.super + 2, block + 2);
    four_bits(block + 16, j, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_Q5_K> {
  static constexpr Format kFormat = kQ5_K;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 176;
    const std::size_t j = b % kSuperBlocks;
    k_scale_and_min(block + 4, j, p.scale);
    copy_half(p.super, block);
    copy_negated_half(p.super + 2, block + 2);
    four_bits(block + 48, j, p.codes);
    high_bit<4>(block + 16, j, p.codes);
  }
};

template <>
struct Source<FORGE_TYPE_Q6_K> {
  static constexpr Format kFormat = kQ6_K;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 210;
    const std::size_t j = b % kSuperBlocks;
    const std::size_t half = j / 4;
    const std::size_t k = j % 4;
    std::memcpy(p.scale, block + 192 + 2 * j, 2);
    copy_half(p.super, block + 208);
    const Byte* low = block + 64 * half + 32 * (k % 2);
    const Byte* high = block + 128 + 32 * half;
    const unsigned low_shift = static_cast<unsigned>(k / 2) * 4;
    const unsigned high_shift = static_cast<unsigned>(k) * 2;
    for (int i = 0; i < 32; ++i)
      p.codes[i] = static_cast<Byte>((low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4);
  }
};

template <>
struct Source<FORGE_TYPE_IQ4_XS> {
  static constexpr Format kFormat = kIQ4_XS;
  static void read(const Byte* row, std::size_t b, Parts& p) {
    const Byte* block = row + b / kSuperBlocks * 136;
    const std::size_t j = b % kSuperBlocks;
    const int low = block[4 + j / 2] >> (j % 2 * 4) & 15;
    const int high = block[2 + j / 4] >> (j % 4 * 2) & 3;
    p.scale[0] = static_cast<Byte>((low | high << 4) - 32);
    copy_half(p.super, block);
    nibbles(block + 8 + 16 * j, p.codes);
  }
};

// ---------------------------------------------------------------- into the planes

// Elements 4 i .. 4 i + 3 as a word.
std::uint32_t word_of(const Byte* codes, std::size_t i) {
  std::uint32_t word;
  std::memcpy(&word, codes + 4 * i, 4);
  return word;
}

// Where block b of row r of a tile lies, in entries.
template <Format kF>
void write_block(const Parts& p, std::size_t b, std::size_t r, Byte* const (&out)[kPlanes]) {
  const std::size_t entry = b * kTileRows + r;
  if constexpr (kF.code_bits == 8) {
    Byte* to = out[kCodes] + b * 2 * 16 * kTileRows + r * 16;
    std::memcpy(to, p.codes, 16);
    std::memcpy(to + std::size_t{16} * kTileRows, p.codes + 16, 16);
  } else if constexpr (kF.code_bits == 4) {
    Byte* to = out[kCodes] + entry * 16;
    for (int i = 0; i < 16; ++i)
      to[i] = static_cast<Byte>((p.codes[i] & 15) | p.codes[i + 16] << 4);
  }
  if constexpr (kF.pair_bits != 0) {
    std::uint32_t words[2] = {};
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t i = 0; i < 4; ++i)
        words[half] |= (word_of(p.codes, 4 * half + i) >> kF.code_bits & 0x03030303u) << 2 * i;
    }
    std::memcpy(out[kPairs] + entry * 8, words, 8);
  }
  if constexpr (kF.low_bits != 0) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 8; ++i)
      word |= (word_of(p.codes, i) >> (kF.code_bits + kF.pair_bits) & 0x01010101u) << i;
    std::memcpy(out[kSingles] + entry * 4, &word, 4);
  }
  std::memcpy(out[kScales] + entry * scale_bytes(kF.scale), p.scale, scale_bytes(kF.scale));
  if constexpr (super_bytes(kF.scale) != 0) {
    if (b % kSuperBlocks == 0)
      std::memcpy(out[kSuper] + (b / kSuperBlocks * kTileRows + r) * super_bytes(kF.scale), p.super,
                  super_bytes(kF.scale));
  }
}

template <std::uint32_t kType>
void repack_rows(std::size_t n_blocks, const Byte* rows, std::size_t row_bytes, std::size_t n_rows,
                 Byte* const (&out)[kPlanes]) {
  constexpr Format kF = Source<kType>::kFormat;
  Parts parts = {};
  for (std::size_t r = 0; r < n_rows; ++r) {
    for (std::size_t b = 0; b < n_blocks; ++b) {
      Source<kType>::read(rows + r * row_bytes, b, parts);
      if constexpr (kF.centred) {
        for (Byte& code : parts.codes) code = static_cast<Byte>(code ^ 1u << (kF.bits() - 1));
      }
      write_block<kF>(parts, b, r, out);
    }
  }
}

// Chunks of 16 bytes; the last one of a row is filled up with zeros.
void repack_floats(const Byte* rows, std::size_t row_bytes, std::size_t n_rows, Byte* out) {
  const std::size_t n_chunks = (row_bytes + 15) / 16;
  for (std::size_t r = 0; r < n_rows; ++r) {
    const Byte* row = rows + r * row_bytes;
    for (std::size_t c = 0; c < n_chunks; ++c) {
      Byte* to = out + (c * kTileRows + r) * 16;
      const std::size_t n = row_bytes - c * 16 < 16 ? row_bytes - c * 16 : 16;
      std::memcpy(to, row + c * 16, n);
      std::memset(to + n, 0, 16 - n);
    }
  }
}

using RepackRows = void (*)(std::size_t, const Byte*, std::size_t, std::size_t,
                            Byte* const (&)[kPlanes]);

RepackRows find_repack(std::uint32_t type) {
  switch (type) {
    case FORGE_TYPE_Q8_0:
      return repack_rows<FORGE_TYPE_Q8_0>;
    case FORGE_TYPE_Q4_0:
      return repack_rows<FORGE_TYPE_Q4_0>;
    case FORGE_TYPE_Q4_1:
      return repack_rows<FORGE_TYPE_Q4_1>;
    case FORGE_TYPE_Q5_0:
      return repack_rows<FORGE_TYPE_Q5_0>;
    case FORGE_TYPE_Q5_1:
      return repack_rows<FORGE_TYPE_Q5_1>;
    case FORGE_TYPE_Q2_K:
      return repack_rows<FORGE_TYPE_Q2_K>;
    case FORGE_TYPE_Q3_K:
      return repack_rows<FORGE_TYPE_Q3_K>;
    case FORGE_TYPE_Q4_K:
      return repack_rows<FORGE_TYPE_Q4_K>;
    case FORGE_TYPE_Q5_K:
      return repack_rows<FORGE_TYPE_Q5_K>;
    case FORGE_TYPE_Q6_K:
      return repack_rows<FORGE_TYPE_Q6_K>;
    case FORGE_TYPE_IQ4_NL:
      return repack_rows<FORGE_TYPE_IQ4_NL>;
    case FORGE_TYPE_IQ4_XS:
      return repack_rows<FORGE_TYPE_IQ4_XS>;
    default:
      return repack_rows<FORGE_TYPE_MXFP4>;
  }
}

}  // namespace

void repack_tile(const MatrixLayout& matrix, const std::uint8_t* rows, std::size_t row_bytes,
                 std::uint32_t tile, std::uint8_t* const (&out)[kPlanes]) {
  const std::uint32_t first = tile * kTileRows;
  const std::uint32_t n = matrix.n_out - first < kTileRows ? matrix.n_out - first : kTileRows;
  if (n < kTileRows) {
    for (std::uint32_t p = 0; p < kPlanes; ++p) {
      if (matrix.tile_bytes[p] != 0) std::memset(out[p], 0, matrix.tile_bytes[p]);
    }
  }
  const std::uint8_t* from = rows + std::size_t{first} * row_bytes;
  if (matrix.type->format == nullptr) return repack_floats(from, row_bytes, n, out[kCodes]);
  find_repack(matrix.type->type)(matrix.n_in / kBlock, from, row_bytes, n, out);
}

}  // namespace forge::hip
