// plugins/hip/runtime/weight_range.hpp: how large weights are, for kernels that bring them into a
// narrower range.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_WEIGHT_RANGE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_WEIGHT_RANGE_HPP_

#include <cstdint>

#include "plugins/hip/runtime/matrix.hpp"

namespace forge::hip {

// No weight of the tile is larger: from its scales and the largest code there is. `planes`: the
// tile's, as repack_tile() leaves them; of a type with a format.
float largest_weight(const MatrixLayout& matrix, std::uint8_t* const (&planes)[kPlanes]);

// The smallest power of two that brings `largest` below 448, the largest E4M3; 1 where there
// is nothing to bring: zeros, or scales that are no numbers.
float fp8_unit(float largest);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_WEIGHT_RANGE_HPP_
