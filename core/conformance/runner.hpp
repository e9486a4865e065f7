// core/conformance/runner.hpp: a case on a pack's device.
#ifndef FORGE_CORE_CONFORMANCE_RUNNER_HPP_
#define FORGE_CORE_CONFORMANCE_RUNNER_HPP_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/conformance/case.hpp"
#include "core/conformance/schedule.hpp"
#include "core/graph/pack_device.hpp"

namespace forge::conformance {

// What came out: per output of the graph, per sequence, its rows one after the other.
class Outputs {
 public:
  explicit Outputs(const Case& c);

  std::span<float> row(std::size_t output, RowId id) {
    const std::size_t width = widths_[output];
    return std::span(values_[output][id.sequence]).subspan(id.position * width, width);
  }
  std::span<const float> row(std::size_t output, RowId id) const {
    return const_cast<Outputs*>(this)->row(output, id);
  }
  // Whether the row was computed: an output with FORGE_ROWS_OUTPUTS has only the rows asked for.
  bool has(std::size_t output, RowId id) const { return has_[output][id.sequence][id.position]; }
  void mark(std::size_t output, RowId id) { has_[output][id.sequence][id.position] = true; }

 private:
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::vector<float>>> values_;
  std::vector<std::vector<std::vector<bool>>> has_;
};

// Compiles the case for the schedule's size and runs every batch of it, on a state that starts with
// blocks full of rubbish. Inputs are copied for every batch; the graph is not changed.
Result<Outputs> run(const graph::PackDevice& device, const Case& c, const Schedule& schedule);

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_RUNNER_HPP_
