// host/bench/trace.hpp: a step of a plan as a timeline for chrome://tracing or ui.perfetto.dev.
#ifndef FORGE_HOST_BENCH_TRACE_HPP_
#define FORGE_HOST_BENCH_TRACE_HPP_

#include <string>
#include <vector>

#include "core/graph/plan.hpp"

namespace forge::bench {

// One step that ran by itself: every counter has one call.
struct TracedStep {
  std::string name;  // "pp128"
  std::vector<graph::Counter> counters;
};

// The JSON of the Trace Event Format, steps one after the other. A plan's nodes run one after the
// other, too, so a node starts where the one before it ended.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
std::string chrome_trace(const std::vector<TracedStep>& steps);

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_TRACE_HPP_
