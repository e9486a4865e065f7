#include "plugins/hip/runtime/graph_cache.hpp"

#include <string>

#include "forge/sdk/host.hpp"

namespace forge::hip {
namespace {

// Far more than the shapes that generating text has; a server with many sequences may come by more.
constexpr std::size_t kMostGraphs = 128;

}  // namespace

GraphCache::GraphCache(std::shared_ptr<Gpu> gpu)
    : gpu_(std::move(gpu)), enabled_(gpu_->settings().graphs) {}

void GraphCache::clear() {
  const bool usable = gpu_->enter().ok();
  for (auto& [key, entry] : entries_) {
    if (entry.exec != nullptr && usable) gpu_->api().hipGraphExecDestroy(entry.exec);
  }
  entries_.clear();
}

void GraphCache::disable(std::string_view why) {
  if (enabled_)
    sdk::log(sdk::LogLevel::kWarn,
             "graphs are switched off, every kernel is launched by itself: " + std::string(why));
  enabled_ = false;
  clear();
}

GraphCache::Use GraphCache::next(const GraphKey& key) {
  if (!enabled_) return Use::kEager;
  if (entries_.size() >= kMostGraphs && entries_.find(key) == entries_.end()) clear();
  Entry& entry = entries_[key];
  if (entry.exec != nullptr) return Use::kReplay;
  return ++entry.n_uses == 2 ? Use::kRecord : Use::kEager;
}

bool GraphCache::has(const GraphKey& key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.exec != nullptr;
}

Status GraphCache::capture(const Stream& stream, const std::function<Status()>& launches,
                           Entry& entry) {
  const HipApi& hip = gpu_->api();
  FORGE_TRY(gpu_->check(hip.hipStreamBeginCapture(stream.get(), hipStreamCaptureModeThreadLocal),
                        "hipStreamBeginCapture"));
  const Status launched = launches();
  hipGraph_t graph = nullptr;
  const Status ended =
      gpu_->check(hip.hipStreamEndCapture(stream.get(), &graph), "hipStreamEndCapture");
  Status made = launched.ok() ? ended : launched;
  if (made.ok())
    made = gpu_->check(hip.hipGraphInstantiateWithFlags(&entry.exec, graph, 0),
                       "hipGraphInstantiateWithFlags");
  if (graph != nullptr) hip.hipGraphDestroy(graph);
  if (!made.ok()) entry.exec = nullptr;
  return made;
}

Status GraphCache::record(const GraphKey& key, const Stream& stream,
                          const std::function<Status()>& launches) {
  Status status = capture(stream, launches, entries_[key]);
  if (status.ok()) return {};
  if (gpu_->lost()) return status;
  disable(status.message());
  return {};
}

Status GraphCache::replay(const GraphKey& key, const Stream& stream) {
  return gpu_->check(gpu_->api().hipGraphLaunch(entries_[key].exec, stream.get()),
                     "hipGraphLaunch");
}

}  // namespace forge::hip
