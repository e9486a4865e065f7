// host/cli/bench_report.hpp: what `rocmforge bench` prints.
#ifndef FORGE_HOST_CLI_BENCH_REPORT_HPP_
#define FORGE_HOST_CLI_BENCH_REPORT_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/model.hpp"
#include "core/graph/plan.hpp"
#include "forge/abi/limits.h"
#include "host/bench/measure.hpp"
#include "host/bench/peer.hpp"
#include "host/bench/trace.hpp"
#include "host/cli/table.hpp"

namespace forge::cli {

// The measurements of one number of threads.
struct BenchRun {
  std::uint32_t threads = 0;
  std::string pack, k_type, v_type;                       // the types of the KV state
  std::vector<bench::Measurement> measurements;           // one a test
  std::vector<std::vector<bench::Measurement>> of_peers;  // [peers][tests]
  std::vector<graph::Counter> counters;                   // of all tests together
  std::vector<bench::TracedStep> traced;                  // one a test
  forge_limits_v1 limits = {};                            // of the device
};

Table bench_results(const engine::Model& model, const std::vector<BenchRun>& runs);

// Beside the peers: medians, and ours over the best of theirs.
Table bench_comparison(const engine::Model& model, const std::vector<BenchRun>& runs,
                       const std::vector<bench::Peer>& peers);

// Where the time went: the counters of all nodes, summed by kernel.
Table bench_profile(const BenchRun& run);

// One step of each test, by kernel, beside the device's limits.
Table bench_roofline(const BenchRun& run);

// Launches of one step of each test (what a pack that has none counts for them: kernels called),
// and for each layer.
Table bench_launches(const engine::Model& model, const BenchRun& run);

std::string bench_json(const engine::Model& model, const std::vector<BenchRun>& runs,
                       const std::vector<bench::Peer>& peers, const std::string& cpu);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_BENCH_REPORT_HPP_
