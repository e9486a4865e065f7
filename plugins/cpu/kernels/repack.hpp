// plugins/cpu/kernels/repack.hpp: GGUF's blocks into the tiles that the matmul kernels read
// (formats.hpp, api.hpp: TileFormat). Bits are moved, values never change.
//
// Nearly all of it is one step: 16 bytes of each of Isa::kWidth rows become four registers of a
// dword a row, which is a 4 x 4 transpose within every 128-bit part. That is an instruction for
// several bytes, so memory decides how long loading takes: the file's bytes are read once, from
// front to back, asked for a tile ahead, and quants are written past the caches, which saves
// reading what is overwritten (a fifth of the time, AVX2, two threads of an EPYC).
#ifndef FORGE_PLUGINS_CPU_KERNELS_REPACK_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_REPACK_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "forge/abi/tensor.h"
#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// A piece of every block: `size` bytes at `from`, and what becomes of them. In the tile it takes
// `size` bytes per row, in units that alternate between rows.
struct Piece {
  enum Kind : std::uint8_t {
    kDwords,     // units of four bytes
    kWords,      // of two
    kBytes,      // of one
    kWide,       // dwords of signed bytes, 128 added where Isa::kUnsignedBytes
    kFifthBits,  // dwords, their bits in another order
  };
  std::uint16_t from = 0, size = 0;
  Kind kind = kDwords;
  bool head = false;
};

// A block as the file has it. The order of pieces is the order of parts in the tile.
struct FileBlock {
  std::uint16_t bytes = 0;
  std::uint8_t n_pieces = 0;
  Piece pieces[5] = {};
};

// Float weights move in groups of 16 bytes.
constexpr FileBlock file_block(std::uint32_t type) {
  constexpr bool kHead = true;
  switch (type) {
    case FORGE_TYPE_Q4_0:
    case FORGE_TYPE_IQ4_NL:
      return {18, 2, {{0, 2, Piece::kWords, kHead}, {2, 16}}};
    case FORGE_TYPE_Q4_1:
      return {20, 2, {{0, 4, Piece::kWords, kHead}, {4, 16}}};
    case FORGE_TYPE_Q5_0:
      return {22, 3, {{0, 2, Piece::kWords, kHead}, {6, 16}, {2, 4, Piece::kFifthBits}}};
    case FORGE_TYPE_Q5_1:
      return {24, 3, {{0, 4, Piece::kWords, kHead}, {8, 16}, {4, 4, Piece::kFifthBits}}};
    case FORGE_TYPE_Q8_0:
      return {34, 2, {{0, 2, Piece::kWords, kHead}, {2, 32, Piece::kWide}}};
    case FORGE_TYPE_MXFP4:
      return {17, 2, {{0, 1, Piece::kBytes, kHead}, {1, 16}}};
    case FORGE_TYPE_Q2_K:
      return {84, 3, {{80, 4, Piece::kWords, kHead}, {0, 16, Piece::kDwords, kHead}, {16, 64}}};
    case FORGE_TYPE_Q3_K:
      return {110,
              4,
              {{108, 2, Piece::kWords, kHead}, {96, 12, Piece::kDwords, kHead}, {32, 64}, {0, 32}}};
    case FORGE_TYPE_Q4_K:
      return {144, 3, {{0, 4, Piece::kWords, kHead}, {4, 12, Piece::kDwords, kHead}, {16, 128}}};
    case FORGE_TYPE_Q5_K:
      return {176,
              4,
              {{0, 4, Piece::kWords, kHead}, {4, 12, Piece::kDwords, kHead}, {48, 128}, {16, 32}}};
    case FORGE_TYPE_Q6_K:
      return {
          210,
          4,
          {{208, 2, Piece::kWords, kHead}, {192, 16, Piece::kDwords, kHead}, {0, 128}, {128, 64}}};
    case FORGE_TYPE_IQ4_XS:
      return {136, 3, {{0, 4, Piece::kWords, kHead}, {4, 4, Piece::kDwords, kHead}, {8, 128}}};
    case FORGE_TYPE_F32:
    case FORGE_TYPE_BF16:  // pairs
      return {16, 1, {{0, 16}}};
    case FORGE_TYPE_F16:
      return {16, 1, {{0, 16, Piece::kWords}}};
    default:
      return {0, 0, {}};
  }
}

// Lane r of d[i]: dword i of the 16 bytes at p + r * stride.
template <class Isa>
__attribute__((always_inline)) inline void load_columns(const std::uint8_t* p, std::size_t stride,
                                                        typename Isa::I* d) {
  using I = typename Isa::I;
  const I a = Isa::load_quads(p, 4 * stride);
  const I b = Isa::load_quads(p + stride, 4 * stride);
  const I c = Isa::load_quads(p + 2 * stride, 4 * stride);
  const I e = Isa::load_quads(p + 3 * stride, 4 * stride);
  const I ab = Isa::unpack_low_32(a, b);
  const I ce = Isa::unpack_low_32(c, e);
  d[0] = Isa::unpack_low_64(ab, ce);
  d[1] = Isa::unpack_high_64(ab, ce);
  const I ab_high = Isa::unpack_high_32(a, b);
  const I ce_high = Isa::unpack_high_32(c, e);
  d[2] = Isa::unpack_low_64(ab_high, ce_high);
  d[3] = Isa::unpack_high_64(ab_high, ce_high);
}

// Swaps the bits whose numbers differ by kShift, of which the lower ones are in `mask`.
template <class Isa, int kShift>
inline typename Isa::I swap_bits(typename Isa::I x, std::uint32_t mask) {
  const typename Isa::I m = Isa::set1_i(static_cast<std::int32_t>(mask));
  const typename Isa::I t = Isa::and_i(Isa::xor_i(Isa::template shift_right<kShift>(x), x), m);
  return Isa::xor_i(Isa::xor_i(x, t), Isa::template shift_left<kShift>(t));
}

// Bit k of the file's dword belongs to element k; the tile wants byte b, bit i for element 4i + b.
// The five binary digits of a bit's number are turned by two places: four exchanges of two digits.
template <class Isa>
inline typename Isa::I order_fifth_bits(typename Isa::I x) {
  x = swap_bits<Isa, 14>(x, 0x0000cccc);    // digits 4 and 1
  x = swap_bits<Isa, 7>(x, 0x00aa00aa);     // 3 and 0
  x = swap_bits<Isa, 2>(x, 0x0c0c0c0c);     // 2 and 1
  return swap_bits<Isa, 1>(x, 0x22222222);  // 1 and 0
}

// 16 bytes of a piece, or what is left of it, of kWidth rows. Where 16 bytes would reach beyond the
// block they are read from further in front.
template <class Isa, std::uint32_t kType, std::size_t kPiece, std::size_t kPart>
__attribute__((always_inline)) inline void move_part(const std::uint8_t* block, std::size_t stride,
                                                     std::uint8_t* to) {
  constexpr FileBlock kBlock = file_block(kType);
  constexpr Piece kThis = kBlock.pieces[kPiece];
  constexpr std::size_t kFrom = kThis.from + 16 * kPart;
  constexpr std::size_t kSize = std::min<std::size_t>(16, kThis.size - 16 * kPart);
  constexpr std::size_t kUnit =
      kThis.kind == Piece::kWords ? 2 : (kThis.kind == Piece::kBytes ? 1 : 4);
  constexpr std::size_t kBeyond = kFrom + 16 > kBlock.bytes ? kFrom + 16 - kBlock.bytes : 0;
  constexpr std::size_t kSkip = (kBeyond + kUnit - 1) / kUnit * kUnit;
  static_assert(kSkip <= kFrom && kSkip + kSize <= 16);
  typename Isa::I d[4];
  load_columns<Isa>(block + (kFrom - kSkip), stride, d);
  to += 16 * kPart * Isa::kWidth;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kSize; i += kUnit) {
    typename Isa::I dword = d[(kSkip + i) / 4];
    if constexpr (kThis.kind == Piece::kWords) {
      if ((kSkip + i) % 4 != 0) dword = Isa::template shift_right<16>(dword);
      Isa::store_low_words(to, dword);
    } else if constexpr (kThis.kind == Piece::kBytes) {
      static_assert(kSkip == 0 && kThis.size == 1);
      Isa::store_low_bytes(to, dword);
    } else {
      if constexpr (kThis.kind == Piece::kFifthBits) dword = order_fifth_bits<Isa>(dword);
      if constexpr (kThis.kind == Piece::kWide && Isa::kUnsignedBytes)
        dword = Isa::xor_i(dword, Isa::set1_byte(0x80));
      if constexpr (kThis.head) {
        Isa::store_i(to, dword);  // heads of blocks are no whole cache lines
      } else {
        Isa::stream_i(to, dword);
      }
    }
    to += kUnit * Isa::kWidth;
  }
}

template <class Isa, std::uint32_t kType, std::size_t kPiece, std::size_t... kParts>
__attribute__((always_inline)) inline void move_piece(const std::uint8_t* block, std::size_t stride,
                                                      std::uint8_t*& head, std::uint8_t*& quants,
                                                      std::index_sequence<kParts...>) {
  constexpr Piece kThis = file_block(kType).pieces[kPiece];
  std::uint8_t*& to = kThis.head ? head : quants;
  (move_part<Isa, kType, kPiece, kParts>(block, stride, to), ...);
  to += std::size_t{kThis.size} * Isa::kWidth;
}

// One block of kWidth rows, which are `stride` bytes apart; head and quants go on.
template <class Isa, std::uint32_t kType, std::size_t... kPieces>
__attribute__((always_inline)) inline void move_block(const std::uint8_t* block, std::size_t stride,
                                                      std::uint8_t*& head, std::uint8_t*& quants,
                                                      std::index_sequence<kPieces...>) {
  constexpr FileBlock kBlock = file_block(kType);
  (move_piece<Isa, kType, kPieces>(
       block, stride, head, quants,
       std::make_index_sequence<(kBlock.pieces[kPieces].size + 15) / 16>{}),
   ...);
}

// The blocks of one tile.
//   row_bytes  whole blocks, but for float weights
//   n_rows     rows there are, 1 .. kWidth
template <class Isa, std::uint32_t kType>
inline void repack_tile(const std::uint8_t* rows, std::size_t row_bytes, std::size_t n_rows,
                        std::uint8_t* head, std::uint8_t* quants) {
  constexpr FileBlock kBlock = file_block(kType);
  constexpr std::size_t kBytes = kBlock.bytes;
  constexpr auto kPieces = std::make_index_sequence<kBlock.n_pieces>{};
  constexpr std::size_t kAhead = kBytes * Isa::kWidth;
  const std::size_t whole = n_rows == Isa::kWidth ? row_bytes / kBytes * kBytes : 0;
  const std::uint8_t* next = rows + row_bytes * Isa::kWidth;
  for (std::size_t at = 0; at < whole; at += kBytes) {
    for (std::size_t i = 0; i < kAhead; i += 64) __builtin_prefetch(next + i, 0, 2);
    next += kAhead;
    move_block<Isa, kType>(rows + at, row_bytes, head, quants, kPieces);
  }
  // What is not kWidth whole blocks goes by way of some that are.
  for (std::size_t at = whole; at < row_bytes; at += kBytes) {
    std::uint8_t blocks[kBytes * Isa::kWidth] = {};
    const std::size_t n = std::min(kBytes, row_bytes - at);
    for (std::size_t r = 0; r < n_rows; ++r)
      std::memcpy(blocks + r * kBytes, rows + r * row_bytes + at, n);
    if (n == kBytes) {
      move_block<Isa, kType>(blocks, kBytes, head, quants, kPieces);
    } else {  // float weights: all quants, and units in the order of the row
      alignas(64) std::uint8_t group[kBytes * Isa::kWidth];
      std::uint8_t* to = group;
      move_block<Isa, kType>(blocks, kBytes, head, to, kPieces);
      constexpr std::size_t kUnit = kBlock.pieces[0].kind == Piece::kWords ? 2 : 4;
      std::memcpy(quants, group, (n + kUnit - 1) / kUnit * kUnit * Isa::kWidth);
    }
  }
}

template <class Isa, std::uint32_t kType>
void repack_tiles(const RepackArgs& a) {
  for (std::size_t tile = a.tile_begin; tile < a.tile_end; ++tile) {
    const std::size_t first = tile * Isa::kWidth;
    const std::size_t n = std::min<std::size_t>(Isa::kWidth, a.n_out - first);
    std::uint8_t* to = a.tiles + tile * a.format.tile_size(a.n_in);
    repack_tile<Isa, kType>(a.rows + first * a.row_bytes, a.row_bytes, n, to,
                            to + a.format.head_size(a.n_in));
  }
  Isa::fence();
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_REPACK_HPP_
