// host/bench/measure.hpp: how fast an engine reads prompts and writes answers.
#ifndef FORGE_HOST_BENCH_MEASURE_HPP_
#define FORGE_HOST_BENCH_MEASURE_HPP_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/sampler.hpp"
#include "forge/sdk/status.hpp"

namespace forge::bench {

// One thing to measure. A prompt ("pp") is n_tokens read at once, in steps of the engine's batch;
// an answer ("tg") is n_tokens written one after the other by each of n_sequences in the same
// steps. Neither samples on the host: the tokens are random.
struct Test {
  enum class Kind { kPrompt, kAnswer };
  Kind kind = Kind::kPrompt;
  std::uint32_t n_tokens = 0;            // per sequence
  std::uint32_t n_sequences = 1;         // of answers
  std::uint32_t depth = 0;               // positions in the state before it starts, not timed
  engine::SamplingParams sampling = {};  // answers: a step brings what this needs

  std::string name() const;  // "pp512", "tg64", "tg64 x4", "tg64 @ 8192"
};

struct Measurement {
  Test test;
  std::vector<double> rates;  // tokens per second of all sequences, one a repetition

  double median() const;
  double fastest() const;
  double slowest() const;
  // Half the range over the median.
  double spread() const;
};

// Runs a test once to warm up and n times for real. `go_on` is asked between repetitions.
Result<Measurement> measure(engine::Engine& engine, const Test& test, std::uint32_t n_repetitions,
                            const std::function<Status()>& go_on);

// What one step of the test took, node by node: the whole prompt where it fits one step, or one
// token of each sequence; of three times the fastest. The engine must have been loaded with
// profiling on.
Result<std::vector<graph::Counter>> trace_step(engine::Engine& engine, const Test& test);

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_MEASURE_HPP_
