// plugins/hip/runtime/placement.hpp: where values lie in the arena of a plan.
//
// Not by the graph's own plan of memory: steps fuse nodes, leave values out and move work past
// other nodes, so that values live from other to other times than the graph thinks.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_PLACEMENT_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_PLACEMENT_HPP_

#include <cstdint>
#include <memory>
#include <vector>

#include "forge/abi/kernel_pack.h"
#include "plugins/hip/runtime/steps.hpp"

namespace forge::hip {

struct Place {
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  std::uint32_t root = FORGE_NONE;        // the value whose memory it is
  std::uint32_t column = 0;               // of the root's, where it begins
  std::uint32_t stride = 0;               // elements from row to row
  std::uint64_t arena_offset = kNowhere;  // of the root, bytes; kNowhere: comes with the step
};

struct Placement {
  std::vector<Place> places;  // by value
  std::uint64_t arena_bytes = 0;
};

struct PlacementRequest {
  const forge_graph_v1& graph;
  const forge_plan_options_v1& options;
  const std::vector<std::unique_ptr<Step>>& steps;
  // By value: another value whose memory it shares, or FORGE_NONE.
  const std::vector<std::uint32_t>& shares;
  // By value: it comes with every step and needs no place in the arena.
  const std::vector<bool>& with_step;
};

Placement place_values(const PlacementRequest& request);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_PLACEMENT_HPP_
