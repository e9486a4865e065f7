// plugins/cpu/runtime/repack.hpp: GGUF's blocks into the tiles the matmul kernels read.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_

#include <cstddef>
#include <cstdint>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Where the parts of one block lie in the file, for one row; see docs/codecs.md for the layouts.
// Builds tile `tile` of a matrix: rows [tile * tile_rows, ...) of `rows`, absent rows as zeros.
//   rows  [n_out] rows of n_in elements, packed as the file has them
//   out   format.tile_size(n_in) bytes
// wide_offset: added to 8-bit weights (128 where the kernels want unsigned bytes, else 0).
void repack_tile(std::uint32_t type, const TileFormat& format, const std::uint8_t* rows,
                 std::size_t row_bytes, std::uint32_t n_in, std::uint32_t n_out, std::uint32_t tile,
                 std::uint8_t wide_offset, std::uint8_t* out);

// Types repack_tile() knows.
bool can_repack(std::uint32_t type);

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_
