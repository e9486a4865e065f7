// hipsim: queues of work.
//
// Nothing is performed when it is enqueued. Work runs, in order, when the host waits for it: in a
// synchronise, an event wait, a synchronous copy, hipFree. A query performs one piece of work and
// says "not ready" once more, so that polling ends. A host that reads too early therefore always
// reads what was there before.
#ifndef FORGE_TESTS_HIPSIM_STREAM_HPP_
#define FORGE_TESTS_HIPSIM_STREAM_HPP_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <variant>

#include "plugins/hip/runtime/hip_types.hpp"
#include "tests/hipsim/workgroup.hpp"

namespace hipsim {

struct Capture;
struct Stream;
class Sim;

// What hipEventRecord saw last, and when it was performed.
struct Event {
  unsigned flags = 0;
  std::shared_ptr<Stream> stream;  // null: never recorded
  std::uint64_t position = 0;      // in that stream; performed when the stream has completed it
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<Capture> capture;  // recorded while this captured
  std::size_t capture_position = 0;
};

struct CopyOp {
  void* to;
  const void* from;
  std::size_t bytes;
};
struct FillOp {
  void* to;
  int value;
  std::size_t bytes;
};
struct RecordOp {
  std::shared_ptr<Event> event;
  std::uint64_t position;
};
struct WaitOp {
  std::shared_ptr<Stream> stream;
  std::uint64_t position;
};
using Op = std::variant<Launch, CopyOp, FillOp, RecordOp, WaitOp>;

struct Stream {
  int device = 0;
  bool is_default = false;
  bool blocking = true;  // takes turns with the default stream
  std::deque<Op> queue;
  std::uint64_t enqueued = 0;   // so many ever were
  std::uint64_t completed = 0;  // so many of them are done
  bool hangs = false;           // the front never ends
  std::shared_ptr<Capture> capture;
};

// Puts work behind what the stream has, or into what it captures.
void enqueue(Sim& sim, const std::shared_ptr<Stream>& stream, Op op);

// Performs one piece of work of the stream, or one that it waits for. False: it hangs.
bool step(Sim& sim, Stream& stream);

// Performs until the stream has completed `position`. False: it hangs.
bool drain(Sim& sim, Stream& stream, std::uint64_t position);
inline bool drain(Sim& sim, Stream& stream) { return drain(sim, stream, stream.enqueued); }

// All streams of a device, in the order that is asked for.
bool drain_device(Sim& sim, int device);

// The handle's stream (null: the current device's default stream), or null.
std::shared_ptr<Stream> stream_of(Sim& sim, forge::hip::hipStream_t handle);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_STREAM_HPP_
