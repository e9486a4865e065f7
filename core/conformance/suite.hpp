// core/conformance/suite.hpp: one suite for every kernel pack.
//
// Every op of forge/abi/graph.h times every type of weights or KV state, in shapes around the edges
// of tiles and blocks, is run on the pack in four ways: all rows in one batch, the same on several
// threads, each row by itself, and in mixed batches whose blocks are out of order and move
// half-way. The first must agree with core/graph/reference/ as far as its arithmetic allows
// (error_bound.hpp); the others must give the same bits. What a pack does not support is reported
// with its reason and is no failure: the planner has other ways for it.
#ifndef FORGE_CORE_CONFORMANCE_SUITE_HPP_
#define FORGE_CORE_CONFORMANCE_SUITE_HPP_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/graph/pack_device.hpp"
#include "forge/sdk/status.hpp"

namespace forge::conformance {

struct SuiteOptions {
  std::string op;    // this op only: "linear"; empty: all
  std::string type;  // this type only: "q4_k"; empty: all
  std::uint64_t seed = 1;
  // How the devices were opened. Where it is not int8, other batches of LINEAR may give other bits,
  // so its cases are compared with the reference alone, all rows in one batch.
  graph::PromptType prompts = graph::PromptType::kInt8;
  // Called after each line, with how many there are; false stops with kCancelled.
  std::function<bool(std::size_t done, std::size_t total)> progress;
};

// A case that went wrong.
struct Failure {
  std::string shape;  // "96 -> 17, 4 rows"
  std::string what;   // "row 3 of sequence 0, element 5: 0.25 where 0.5 is right (+-1e-6)"
};

// One op with one type.
struct Line {
  std::string op, type;
  std::uint32_t n_ok = 0, n_failed = 0, n_unsupported = 0;
  // Largest error, in units of what is allowed: up to 1 is right.
  double worst = 0;
  std::string reason;             // the pack's, for the first case it does not support
  std::vector<Failure> failures;  // the first few
};

struct Report {
  std::vector<Line> lines;
  std::uint32_t n_ok() const { return sum(&Line::n_ok); }
  std::uint32_t n_failed() const { return sum(&Line::n_failed); }
  std::uint32_t n_unsupported() const { return sum(&Line::n_unsupported); }

 private:
  std::uint32_t sum(std::uint32_t Line::* count) const {
    std::uint32_t total = 0;
    for (const Line& line : lines) total += line.*count;
    return total;
  }
};

// `one` and `many`: the pack's device, opened with one thread and with several. Errors: an op or
// type that does not exist; the reference executor itself failing. Whatever the pack does wrong is
// in the report.
Result<Report> run_suite(const graph::PackDevice& one, const graph::PackDevice& many,
                         const SuiteOptions& options);

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_SUITE_HPP_
