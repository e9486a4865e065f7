// plugins/cpu/runtime/repack.hpp: the matrices of a graph into tiles, by all threads.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forge/sdk/kernel_pack.hpp"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/runtime/thread_pool.hpp"

namespace forge::cpu {

// Tiles of all matrices in the order of memory, cut into items of about a huge page, and items into
// phases after which progress is reported.
//
// *Rationale:* pages come into being where they are first written. A thread that has a huge page to
// itself waits for nobody and finds in its cache what the kernel has just zeroed. Two threads that
// begin in one page make the kernel zero two of them and throw one away.
class Repacking {
 public:
  // The next matrix, in rising order of memory. `tiles` is where it goes, borrowed like its data.
  // fits: asked about all its rows while they are read (Bfloat16Kernels), or nullptr.
  void add(std::uint32_t weight, const forge_tensor_v1& tensor, const MatmulKernel& kernel,
           std::uint8_t* tiles, bool (*fits)(const RepackArgs& args) = nullptr);

  // Does it all. Tells progress of every matrix after each phase that read some of it.
  Status run(ThreadPool& pool, const sdk::Progress& progress);

  // What became of `fits`, after run().
  bool all_fit(std::uint32_t weight) const;
  // Once more over the tiles of a weight, by all threads. An error: progress was told to stop.
  Status convert(ThreadPool& pool, std::uint32_t weight, void (*work)(const RepackArgs& args),
                 const sdk::Progress& progress);

 private:
  // Tiles of one matrix that one thread does in one go.
  struct Stretch {
    std::uint32_t weight;
    void (*repack)(const RepackArgs& args);
    RepackArgs args;
    std::uint64_t n_bytes;  // read
    bool (*fits)(const RepackArgs& args);
    bool fit;
  };

  std::size_t stretch_of(std::size_t phase, std::size_t item) const;
  Status report(std::size_t phase, const sdk::Progress& progress);

  std::vector<Stretch> stretches_;
  std::vector<std::size_t> items_;  // the first stretch of each
  std::uintptr_t page_ = 0;         // the one the last item begins in
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_REPACK_HPP_
