// plugins/hip/runtime/matrix.hpp: which types of weights the kernels know, and how large the planes
// of a matrix are (device/formats.hpp, device/args.hpp).
#ifndef FORGE_PLUGINS_HIP_RUNTIME_MATRIX_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_MATRIX_HPP_

#include <cstdint>

#include "forge/abi/tensor.h"
#include "plugins/hip/device/formats.hpp"

namespace forge::hip {

enum Plane : std::uint32_t { kCodes, kSingles, kPairs, kScales, kSuper, kPlanes };

// A type that matmul kernels exist for.
struct MatrixType {
  std::uint32_t type;    // FORGE_TYPE_*
  const char* name;      // in names of kernels: "q4_k"
  const Format* format;  // null: f16, bf16 or f32
  std::uint32_t chunk;   // float types: elements of 16 bytes
};

// nullptr: no kernel knows it.
const MatrixType* find_matrix_type(std::uint32_t type);

// Whether there are kernels for products with matrices of both types, in this order.
bool is_matrix_pair(std::uint32_t first, std::uint32_t second);

// A matrix on the device: its planes one behind the other, each of whole tiles of kTileRows rows.
struct MatrixLayout {
  static constexpr std::uint64_t kAlignment = 256;  // of planes, bytes

  const MatrixType* type = nullptr;
  std::uint32_t n_in = 0, n_out = 0, n_tiles = 0;
  std::uint64_t tile_bytes[kPlanes] = {};  // of one tile in each plane; 0: no such plane
  std::uint64_t offset[kPlanes] = {};      // of each plane
  std::uint64_t bytes = 0;                 // of all, a multiple of kAlignment

  // Of a weight whose type is known and whose rows are whole blocks.
  static MatrixLayout of(const forge_tensor_v1& weight);

  std::uint64_t all_tile_bytes() const;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_MATRIX_HPP_
