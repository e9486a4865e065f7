#include "tests/hipsim/stream.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "tests/hipsim/executor.hpp"
#include "tests/hipsim/sim.hpp"

namespace hipsim {
namespace {

using namespace forge::hip;  // NOLINT(google-build-using-namespace): HIP's names

void fail_device(Sim& sim, Stream& stream, hipError_t error, const std::string& text) {
  sim.devices[static_cast<std::size_t>(stream.device)].failed = error;
  sim.say(text);
}

// As ROCm's runtime does when the GPU touches a page that is not there, unless told otherwise.
[[noreturn]] void abort_like_rocm(const std::string& kernel) {
  std::fprintf(stderr,
               "Memory access fault by GPU node-1 (Agent handle: 0x0) on address 0x0. Reason: Page "
               "not present or supervisor privilege. (hipsim, kernel '%s')\n",
               kernel.c_str());
  std::abort();
}

// A wrong bit in the first word that the launch changed: the highest of a float's exponent, so that
// no tolerance hides it.
void spoil(Sim& sim, Shadow& shadow) {
  for (const Change& change : shadow.look(sim.memory)) {
    constexpr std::byte kBit{0x40};
    const std::size_t at = std::min<std::size_t>(change.bytes - 1, 3);
    change.at[at] ^= kBit;
    return;
  }
}

void report(Sim& sim, Stream& stream, const std::string& kernel, const KernelFault& fault) {
  std::string text = "kernel '" + kernel + "': " + fault.text;
  if (fault.address) text += ", " + sim.memory.describe(*fault.address);
  fail_device(sim, stream, fault.bad_address ? hipErrorIllegalAddress : hipErrorLaunchFailure,
              text);
}

// False: it hangs.
bool perform(Sim& sim, Stream& stream, const Launch& launch) {
  const std::string kernel = launch.kernel.name;
  const Fault fault = sim.faults.at_launch(kernel);
  switch (fault) {
    case Fault::kHangKernel:
      stream.hangs = true;
      return false;
    case Fault::kPageFault:
      report(sim, stream, kernel, {"a page fault, as asked for", true, {}});
      return true;
    case Fault::kPageFaultAbort:
      abort_like_rocm(kernel);
    case Fault::kLost:
      fail_device(sim, stream, hipErrorUnknown, "the device is lost, as asked for");
      return true;
    default:
      break;
  }
  Shadow shadow;
  if (fault == Fault::kWrongResult) shadow.look(sim.memory);
  if (sim.recorder.on()) sim.recorder.before(sim.memory);
  if (const auto bad = run_launch(launch, sim.options.order, sim.options.threads)) {
    report(sim, stream, kernel, *bad);
    return true;
  }
  if (const auto text = sim.memory.damaged()) report(sim, stream, kernel, {*text, true, {}});
  if (fault == Fault::kWrongResult) spoil(sim, shadow);
  if (sim.recorder.on()) sim.recorder.after(sim.memory, launch);
  return true;
}

bool perform(Sim& /*sim*/, Stream& /*stream*/, const CopyOp& op) {
  std::memmove(op.to, op.from, op.bytes);
  return true;
}

bool perform(Sim& /*sim*/, Stream& /*stream*/, const FillOp& op) {
  std::memset(op.to, op.value, op.bytes);
  return true;
}

bool perform(Sim& /*sim*/, Stream& /*stream*/, const RecordOp& op) {
  if (op.event->position == op.position) op.event->time = std::chrono::steady_clock::now();
  return true;
}

bool perform(Sim& sim, Stream& /*stream*/, const WaitOp& op) {
  return drain(sim, *op.stream, op.position);
}

bool has_work(const Stream& stream) { return stream.enqueued != stream.completed; }

// The default stream begins when all blocking ones are done, and they wait for it in turn.
void take_turns(Sim& sim, const std::shared_ptr<Stream>& stream) {
  const Device& device = sim.devices[static_cast<std::size_t>(stream->device)];
  const auto wait_for = [&](const std::shared_ptr<Stream>& other) {
    if (!has_work(*other)) return;
    stream->queue.emplace_back(WaitOp{other, other->enqueued});
    ++stream->enqueued;
  };
  if (!stream->is_default) {
    if (stream->blocking) wait_for(device.default_stream);
    return;
  }
  for (const auto& weak : device.streams) {
    const auto other = weak.lock();
    if (other && other != stream && other->blocking) wait_for(other);
  }
}

}  // namespace

void enqueue(Sim& sim, const std::shared_ptr<Stream>& stream, Op op) {
  if (stream->capture) {
    stream->capture->ops.push_back(std::move(op));
    if (stream.get() != stream->capture->origin)
      stream->capture->joined[stream.get()] = stream->capture->ops.size();
    return;
  }
  take_turns(sim, stream);
  stream->queue.push_back(std::move(op));
  ++stream->enqueued;
}

bool step(Sim& sim, Stream& stream) {
  if (stream.hangs) return false;
  if (stream.queue.empty()) return true;
  if (sim.devices[static_cast<std::size_t>(stream.device)].failed == hipSuccess) {
    const Memory::Access access(sim.memory);
    if (!std::visit([&](const auto& op) { return perform(sim, stream, op); }, stream.queue.front()))
      return false;
  }
  stream.queue.pop_front();
  ++stream.completed;
  return true;
}

bool drain(Sim& sim, Stream& stream, std::uint64_t position) {
  const Memory::Access access(sim.memory);
  while (stream.completed < position)
    if (!step(sim, stream)) return false;
  return true;
}

bool drain_device(Sim& sim, int device) {
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& weak : sim.devices[static_cast<std::size_t>(device)].streams)
    if (auto stream = weak.lock()) streams.push_back(std::move(stream));
  if (sim.options.order.kind != OrderKind::kForward) std::reverse(streams.begin(), streams.end());
  bool done = true;
  for (const auto& stream : streams) done &= drain(sim, *stream);
  return done;
}

std::shared_ptr<Stream> stream_of(Sim& sim, hipStream_t handle) {
  return handle ? sim.streams.find(handle) : sim.device().default_stream;
}

}  // namespace hipsim
