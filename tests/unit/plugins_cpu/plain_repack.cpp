#include "tests/unit/plugins_cpu/plain_repack.hpp"

#include <cstring>
#include <vector>

#include "forge/abi/tensor.h"

namespace forge::cpu {
namespace {

// A piece of every block that is moved as it is: `size` bytes at `from` in the file's block become
// `size` bytes per row in the tile's block, in units of `unit` bytes that alternate between rows.
struct Move {
  std::uint16_t from;
  std::uint16_t size;
  std::uint16_t unit;
  bool to_head;
  // What happens to the bytes on the way.
  enum Kind : std::uint8_t { kCopy, kWide, kFifthBits } kind = kCopy;
};

struct Layout {
  std::uint32_t type;
  std::uint16_t block_bytes;
  Move moves[5];
  std::uint8_t n_moves;
};

constexpr bool kHead = true;
constexpr bool kQuants = false;

// The order of moves is the order of parts in the tile (kernels/formats.hpp); offsets are those of
// the file's structs.
constexpr Layout kLayouts[] = {
    {FORGE_TYPE_Q4_0, 18, {{0, 2, 2, kHead}, {2, 16, 4, kQuants}}, 2},
    {FORGE_TYPE_Q4_1, 20, {{0, 2, 2, kHead}, {2, 2, 2, kHead}, {4, 16, 4, kQuants}}, 3},
    {FORGE_TYPE_Q5_0,
     22,
     {{0, 2, 2, kHead}, {6, 16, 4, kQuants}, {2, 4, 4, kQuants, Move::kFifthBits}},
     3},
    {FORGE_TYPE_Q5_1,
     24,
     {{0, 2, 2, kHead},
      {2, 2, 2, kHead},
      {8, 16, 4, kQuants},
      {4, 4, 4, kQuants, Move::kFifthBits}},
     4},
    {FORGE_TYPE_Q8_0, 34, {{0, 2, 2, kHead}, {2, 32, 4, kQuants, Move::kWide}}, 2},
    {FORGE_TYPE_IQ4_NL, 18, {{0, 2, 2, kHead}, {2, 16, 4, kQuants}}, 2},
    {FORGE_TYPE_MXFP4, 17, {{0, 1, 1, kHead}, {1, 16, 4, kQuants}}, 2},
    {FORGE_TYPE_Q2_K,
     84,
     {{80, 2, 2, kHead}, {82, 2, 2, kHead}, {0, 16, 4, kHead}, {16, 64, 4, kQuants}},
     4},
    {FORGE_TYPE_Q3_K,
     110,
     {{108, 2, 2, kHead}, {96, 12, 4, kHead}, {32, 64, 4, kQuants}, {0, 32, 4, kQuants}},
     4},
    {FORGE_TYPE_Q4_K,
     144,
     {{0, 2, 2, kHead}, {2, 2, 2, kHead}, {4, 12, 4, kHead}, {16, 128, 4, kQuants}},
     4},
    {FORGE_TYPE_Q5_K,
     176,
     {{0, 2, 2, kHead},
      {2, 2, 2, kHead},
      {4, 12, 4, kHead},
      {48, 128, 4, kQuants},
      {16, 32, 4, kQuants}},
     5},
    {FORGE_TYPE_Q6_K,
     210,
     {{208, 2, 2, kHead}, {192, 16, 4, kHead}, {0, 128, 4, kQuants}, {128, 64, 4, kQuants}},
     4},
    {FORGE_TYPE_IQ4_XS,
     136,
     {{0, 2, 2, kHead}, {2, 2, 2, kHead}, {4, 4, 4, kHead}, {8, 128, 4, kQuants}},
     4},
    {FORGE_TYPE_F32, 4, {{0, 4, 4, kQuants}}, 1},
    {FORGE_TYPE_F16, 2, {{0, 2, 2, kQuants}}, 1},
    {FORGE_TYPE_BF16, 4, {{0, 4, 4, kQuants}}, 1},  // pairs
};

const Layout* find_layout(std::uint32_t type) {
  for (const Layout& layout : kLayouts) {
    if (layout.type == type) return &layout;
  }
  return nullptr;
}

// Bit k of the file's word belongs to element k; the tile wants byte b, bit i for element 4i + b.
std::uint32_t transpose_fifth_bits(std::uint32_t bits) {
  std::uint32_t out = 0;
  for (std::uint32_t k = 0; k < 32; ++k) out |= ((bits >> k) & 1u) << (8 * (k % 4) + k / 4);
  return out;
}

template <std::size_t kUnit>
void scatter(const std::uint8_t* from, std::uint8_t* to, std::size_t size, std::size_t stride) {
  for (std::size_t i = 0; i < size / kUnit; ++i)
    std::memcpy(to + i * stride, from + i * kUnit, kUnit);
}

// One piece of one row's block; `to` is the row's place in the tile, units are `tile_rows` apart.
void move_piece(const Move& move, const std::uint8_t* from, std::uint8_t* to,
                std::uint32_t tile_rows, std::uint8_t wide_offset) {
  const std::size_t stride = std::size_t{move.unit} * tile_rows;
  if (move.kind == Move::kFifthBits) {
    std::uint32_t bits;
    std::memcpy(&bits, from, 4);
    bits = transpose_fifth_bits(bits);
    std::memcpy(to, &bits, 4);
    return;
  }
  if (move.kind == Move::kWide) {
    for (std::size_t i = 0; i < move.size; ++i)
      to[i / 4 * stride + i % 4] = static_cast<std::uint8_t>(from[i] + wide_offset);
    return;
  }
  switch (move.unit) {
    case 1:
      scatter<1>(from, to, move.size, stride);
      break;
    case 2:
      scatter<2>(from, to, move.size, stride);
      break;
    default:
      scatter<4>(from, to, move.size, stride);
      break;
  }
}

}  // namespace

void plain_repack(std::uint32_t type, const TileFormat& format, const std::uint8_t* rows,
                  std::size_t row_bytes, std::uint32_t n_in, std::uint32_t n_out,
                  std::uint32_t tile, std::uint8_t wide_offset, std::uint8_t* out) {
  const Layout& layout = *find_layout(type);
  const std::uint32_t first = tile * format.tile_rows;
  const std::uint32_t n = n_out - first < format.tile_rows ? n_out - first : format.tile_rows;
  if (n < format.tile_rows) std::memset(out, 0, format.tile_size(n_in));
  const std::size_t n_blocks = (row_bytes + layout.block_bytes - 1) / layout.block_bytes;
  std::uint8_t* quants = out + format.head_size(n_in);
  const std::size_t quant_bytes = layout.block_bytes * format.tile_rows - format.head_bytes;
  for (std::uint32_t r = 0; r < n; ++r) {
    std::vector<std::uint8_t> row(n_blocks * layout.block_bytes);  // a half pair ends with zero
    std::memcpy(row.data(), rows + std::size_t{first + r} * row_bytes, row_bytes);
    for (std::size_t b = 0; b < n_blocks; ++b) {
      const std::uint8_t* block = row.data() + b * layout.block_bytes;
      std::uint8_t* head_to = out + b * format.head_bytes;
      std::uint8_t* quants_to = quants + b * quant_bytes;
      for (std::uint8_t m = 0; m < layout.n_moves; ++m) {
        const Move& move = layout.moves[m];
        std::uint8_t*& to = move.to_head ? head_to : quants_to;
        move_piece(move, block + move.from, to + std::size_t{r} * move.unit, format.tile_rows,
                   wide_offset);
        to += std::size_t{move.size} * format.tile_rows;
      }
    }
  }
}

}  // namespace forge::cpu
