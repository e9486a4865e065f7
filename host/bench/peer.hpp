// host/bench/peer.hpp: another engine's speed, as its own bench program tells it.
#ifndef FORGE_HOST_BENCH_PEER_HPP_
#define FORGE_HOST_BENCH_PEER_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"
#include "host/bench/measure.hpp"

namespace forge::bench {

// A program that takes llama-bench's options (-m -t -p -n -d -r -o json) and prints its JSON:
// llama-bench of llama.cpp or ik_llama.cpp, or bench/npm_llama_bench.mjs.
struct Peer {
  std::string name;
  std::string command;  // a shell command line, to which options are added

  // "NAME=COMMAND", or a command alone, which is then named after its program's file.
  static Result<Peer> parse(std::string_view text);
};

// Has the peer run `tests` and returns what it measured for each; a test it has no word for
// (several sequences) comes back without rates. Errors say what the program said.
Result<std::vector<Measurement>> measure_peer(const Peer& peer, const std::string& model_file,
                                              std::uint32_t n_threads,
                                              const std::vector<Test>& tests,
                                              std::uint32_t n_repetitions);

// The same from what the program printed.
Result<std::vector<Measurement>> parse_peer_report(std::string_view json,
                                                   const std::vector<Test>& tests);

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_PEER_HPP_
