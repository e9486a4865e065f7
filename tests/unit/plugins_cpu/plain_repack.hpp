// GGUF's blocks into tiles, plainly: a table of what is where and loops over bytes. The packs' own
// must give the same bytes.
#ifndef FORGE_TESTS_UNIT_PLUGINS_CPU_PLAIN_REPACK_HPP_
#define FORGE_TESTS_UNIT_PLUGINS_CPU_PLAIN_REPACK_HPP_

#include <cstddef>
#include <cstdint>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Builds tile `tile` of a matrix: rows [tile * tile_rows, ...) of `rows`, absent rows as zeros.
//   rows  [n_out] rows of n_in elements, packed as the file has them
//   out   format.tile_size(n_in) bytes
// wide_offset: added to 8-bit weights (128 where the kernels want unsigned bytes, else 0).
void plain_repack(std::uint32_t type, const TileFormat& format, const std::uint8_t* rows,
                  std::size_t row_bytes, std::uint32_t n_in, std::uint32_t n_out,
                  std::uint32_t tile, std::uint8_t wide_offset, std::uint8_t* out);

}  // namespace forge::cpu

#endif  // FORGE_TESTS_UNIT_PLUGINS_CPU_PLAIN_REPACK_HPP_
