// core/graph/plan_part.hpp: one part of a Plan, shared by the files that implement it.
#ifndef FORGE_CORE_GRAPH_PLAN_PART_HPP_
#define FORGE_CORE_GRAPH_PLAN_PART_HPP_

#include <memory>
#include <vector>

#include "core/graph/plan.hpp"

namespace forge::graph {

// A part, its pack, and what belongs to it once loaded.
struct Plan::LoadedPart {
  LoadedPart(Part p, std::shared_ptr<PackDevice> d)
      : part(std::move(p)), device(std::move(d)), view(part.graph) {}
  ~LoadedPart() {
    if (plan != nullptr) device->record().plan_destroy(plan);
  }
  LoadedPart(const LoadedPart&) = delete;
  LoadedPart& operator=(const LoadedPart&) = delete;

  Part part;
  std::shared_ptr<PackDevice> device;
  GraphView view;
  forge_plan_memory_v1 memory = {};
  forge_pack_plan* plan = nullptr;
  std::vector<std::vector<std::byte>> converted;  // data of weights in another type
  // Inputs and outputs as the pack wants them; data pointers are set for each step.
  std::vector<forge_buffer_v1> buffers;
  std::vector<const forge_buffer_v1*> buffer_pointers;
  // Per buffer: index into crossing_, or one of those below. The hidden state crosses like any
  // other value unless the batch takes it away.
  std::vector<std::size_t> sources;
};

// Sources of a part's buffers that come with the batch instead of from crossing_.
inline constexpr std::size_t kLogits = static_cast<std::size_t>(-1);
inline constexpr std::size_t kHidden = static_cast<std::size_t>(-2);
inline constexpr std::size_t kCandidates = static_cast<std::size_t>(-3);
inline constexpr std::size_t kCandidateLogits = static_cast<std::size_t>(-4);
inline constexpr std::size_t kDrawSettings = static_cast<std::size_t>(-5);
inline constexpr std::size_t kDrawn = static_cast<std::size_t>(-6);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_PLAN_PART_HPP_
