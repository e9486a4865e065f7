// plugins/hip/runtime/graph_cache.hpp: steps of a few rows as recorded graphs.
//
// A step of one row is some hundred launches, each of which costs the host more than the device
// needs for it. Recorded once, all of them are one. Nothing that changes from token to token is in
// an argument (it is in the step's buffer), so a recording is good for all steps of the same shape.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_GRAPH_CACHE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_GRAPH_CACHE_HPP_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "plugins/hip/runtime/gpu.hpp"

namespace forge::hip {

// What launches depend on: rows, outputs, cuts, addresses.
using GraphKey = std::vector<std::uint64_t>;

class GraphCache {
 public:
  explicit GraphCache(std::shared_ptr<Gpu> gpu);
  ~GraphCache() { clear(); }
  GraphCache(const GraphCache&) = delete;
  GraphCache& operator=(const GraphCache&) = delete;

  bool enabled() const { return enabled_; }

  enum class Use { kEager, kRecord, kReplay };
  // What to do for a step of this key: run it as it is, the first time; also record it, the second
  // time; replay it.
  Use next(const GraphKey& key);

  // Records what `launches` puts on the stream, which runs nothing. An error of recording switches
  // graphs off, says so in the log and is no error; `launches` failing for its own reasons is.
  Status record(const GraphKey& key, const Stream& stream, const std::function<Status()>& launches);
  // Whether record() has left something to replay.
  bool has(const GraphKey& key) const;
  Status replay(const GraphKey& key, const Stream& stream);

  // Forgets all recordings; they are made anew as steps come.
  void clear();

  // No graphs from now on.
  void disable(std::string_view why);

 private:
  struct Entry {
    std::uint32_t n_uses = 0;
    hipGraphExec_t exec = nullptr;
  };
  Status capture(const Stream& stream, const std::function<Status()>& launches, Entry& entry);

  std::shared_ptr<Gpu> gpu_;
  std::map<GraphKey, Entry> entries_;
  bool enabled_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_GRAPH_CACHE_HPP_
