// plugins/hip/runtime/weights.hpp: the weights of a graph in the device's memory.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_WEIGHTS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_WEIGHTS_HPP_

#include <cstdint>
#include <memory>
#include <vector>

#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/runtime/matrix.hpp"
#include "plugins/hip/runtime/memory.hpp"
#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

// Where each weight will lie. Needs no device and no data. Matrices of LINEAR nodes are repacked;
// norms, biases and sinks become f32. Embedding tables and frequency factors stay in the file.
struct WeightPlan {
  struct Entry {
    bool used = false;
    std::uint32_t arena = 0;
    std::uint64_t offset = 0;  // in its arena, bytes
    std::uint64_t bytes = 0;
  };
  // Arenas are at most this large, unless a single matrix is larger.
  static constexpr std::uint64_t kArenaBytes = std::uint64_t{512} << 20;

  static WeightPlan of(const forge_graph_v1& graph);
  std::uint64_t counted() const;  // bytes of all arenas, as the budget counts them

  std::vector<Entry> matrices, vectors;  // by weight
  std::vector<std::uint64_t> arenas;     // bytes
};

// The weights, uploaded. Immutable. Movable.
class WeightStore {
 public:
  static Result<WeightStore> load(const std::shared_ptr<Gpu>& gpu, const forge_graph_v1& graph,
                                  std::uint32_t n_threads, PromptType prompts,
                                  const sdk::Progress& progress);

  Planes planes(std::uint32_t w) const;
  const MatrixLayout& matrix(std::uint32_t w) const { return layouts_[w]; }
  const float* vector(std::uint32_t w) const;  // nullptr for FORGE_NONE

 private:
  std::uint8_t* at(const WeightPlan::Entry& entry) const {
    return arenas_[entry.arena].data() + entry.offset;
  }
  WeightPlan plan_;
  std::vector<MatrixLayout> layouts_;  // by weight; of matrices
  std::vector<float> fp8_units_;       // by weight: Planes::fp8_unit
  std::vector<DeviceBuffer> arenas_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_WEIGHTS_HPP_
