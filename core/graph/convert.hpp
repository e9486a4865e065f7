// core/graph/convert.hpp: weights in a type that the pack at hand has kernels for.
#ifndef FORGE_CORE_GRAPH_CONVERT_HPP_
#define FORGE_CORE_GRAPH_CONVERT_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/graph/pack_device.hpp"
#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::graph {

// The tensor's elements, decoded and encoded again as `type`. Stops with Code::kCancelled when
// progress says so. Both codecs must be registered, and the rows must be whole blocks of both.
Result<std::vector<std::byte>> convert(const forge_tensor_v1& source, std::uint32_t type,
                                       const Progress& progress);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_CONVERT_HPP_
