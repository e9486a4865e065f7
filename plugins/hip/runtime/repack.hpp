// plugins/hip/runtime/repack.hpp: GGUF's blocks into the planes of device/formats.hpp.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_REPACK_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_REPACK_HPP_

#include <cstddef>
#include <cstdint>

#include "plugins/hip/runtime/matrix.hpp"

namespace forge::hip {

// Makes tile `tile` of a matrix.
//   rows  [n_out] rows of row_bytes bytes, packed as the file has them
//   out   for each plane that the format has, tile_bytes[plane] bytes, 4-byte aligned
// Rows beyond n_out become zeros.
void repack_tile(const MatrixLayout& matrix, const std::uint8_t* rows, std::size_t row_bytes,
                 std::uint32_t tile, std::uint8_t* const (&out)[kPlanes]);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_REPACK_HPP_
