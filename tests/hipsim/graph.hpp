// hipsim: work that is captured once and launched many times.
#ifndef FORGE_TESTS_HIPSIM_GRAPH_HPP_
#define FORGE_TESTS_HIPSIM_GRAPH_HPP_

#include <cstddef>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "plugins/hip/runtime/hip_types.hpp"
#include "tests/hipsim/stream.hpp"

namespace hipsim {

// A capture that is going on. Other streams join it by waiting for one of its events. All their
// work is one list, in the order of the calls, which every order of the graph allows.
struct Capture {
  Stream* origin = nullptr;
  forge::hip::hipStreamCaptureMode mode{};
  std::thread::id thread;
  bool invalid = false;
  std::vector<Op> ops;
  // Streams that joined, and how many ops there were after their last; 0: joined back.
  std::map<Stream*, std::size_t> joined;
};

struct Graph {
  std::vector<Op> ops;
};
struct GraphExec {
  std::vector<Op> ops;
};

// hipStreamWaitEvent and hipEventRecord, for a stream or an event that captures.
forge::hip::hipError_t capture_wait(const std::shared_ptr<Stream>& stream, const Event& event);
void capture_record(const std::shared_ptr<Stream>& stream, Event& event);

// The error of a call that no capture may see, or success. Ends the capture.
forge::hip::hipError_t refuse_capture(Sim& sim);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_GRAPH_HPP_
