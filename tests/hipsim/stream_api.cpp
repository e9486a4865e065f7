// hipsim: HIP's functions about streams and events.
#include <algorithm>

#include "tests/hipsim/exports.hpp"
#include "tests/hipsim/sim.hpp"

using namespace hipsim;  // NOLINT(google-build-using-namespace): the functions below are C's

namespace {

bool is_complete(const Event& event) {
  return !event.stream || event.stream->completed >= event.position;
}

// Waiting for a stream that captures ends the capture.
hipError_t refuse_capturing(const Stream& stream) {
  if (!stream.capture) return hipSuccess;
  stream.capture->invalid = true;
  return hipErrorStreamCaptureUnsupported;
}

}  // namespace

hipError_t hipStreamCreateWithFlags(hipStream_t* stream, unsigned flags) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!stream || (flags & ~hipStreamNonBlocking) != 0) return hipErrorInvalidValue;
    if (sim.faults.stream_fails()) return hipErrorOutOfMemory;
    auto made = std::make_shared<Stream>();
    made->device = current_device();
    made->blocking = (flags & hipStreamNonBlocking) == 0;
    auto& all = sim.device().streams;
    std::erase_if(all, [](const auto& weak) { return weak.expired(); });
    all.push_back(made);
    *stream = reinterpret_cast<hipStream_t>(sim.streams.add(std::move(made)));
    return hipSuccess;
  });
}

// HIP waits for the work of a stream that is destroyed.
hipError_t hipStreamDestroy(hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.streams.find(stream);
    if (!found) return hipErrorInvalidHandle;
    if (const hipError_t error = refuse_capturing(*found)) return error;
    if (!drain(sim, *found)) hang();
    sim.streams.remove(stream);
    return sim.device().failed;
  });
}

hipError_t hipStreamSynchronize(hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = stream_of(sim, stream);
    if (!found) return hipErrorInvalidHandle;
    if (const hipError_t error = refuse_capturing(*found)) return error;
    if (!drain(sim, *found)) hang();
    return sim.device().failed;
  });
}

hipError_t hipStreamQuery(hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = stream_of(sim, stream);
    if (!found) return hipErrorInvalidHandle;
    if (const hipError_t error = refuse_capturing(*found)) return error;
    if (found->completed == found->enqueued) return hipSuccess;
    step(sim, *found);
    const hipError_t failed = sim.device().failed;
    return failed != hipSuccess ? failed : hipErrorNotReady;
  });
}

hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned flags) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto waiting = stream_of(sim, stream);
    const auto found = sim.events.find(event);
    if (!waiting || !found) return hipErrorInvalidHandle;
    if (flags != 0) return hipErrorInvalidValue;
    if (waiting->capture || !found->capture.expired()) return capture_wait(waiting, *found);
    if (!is_complete(*found)) enqueue(sim, waiting, WaitOp{found->stream, found->position});
    return hipSuccess;
  });
}

hipError_t hipEventCreateWithFlags(hipEvent_t* event, unsigned flags) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!event) return hipErrorInvalidValue;
    auto made = std::make_shared<Event>();
    made->flags = flags;
    *event = reinterpret_cast<hipEvent_t>(sim.events.add(std::move(made)));
    return hipSuccess;
  });
}

hipError_t hipEventDestroy(hipEvent_t event) {
  return call(Needs::kDevice, [&](Sim& sim) {
    return sim.events.remove(event) ? hipSuccess : hipErrorInvalidHandle;
  });
}

hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.events.find(event);
    const auto recorded = stream_of(sim, stream);
    if (!found || !recorded) return hipErrorInvalidHandle;
    if (recorded->capture) {
      capture_record(recorded, *found);
      return hipSuccess;
    }
    found->capture.reset();
    enqueue(sim, recorded, RecordOp{found, 0});
    found->stream = recorded;
    found->position = recorded->enqueued;
    std::get<RecordOp>(recorded->queue.back()).position = recorded->enqueued;
    return hipSuccess;
  });
}

hipError_t hipEventQuery(hipEvent_t event) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.events.find(event);
    if (!found) return hipErrorInvalidHandle;
    if (!found->capture.expired()) return hipErrorCapturedEvent;
    if (is_complete(*found)) return hipSuccess;
    step(sim, *found->stream);
    const hipError_t failed = sim.device().failed;
    return failed != hipSuccess ? failed : hipErrorNotReady;
  });
}

hipError_t hipEventSynchronize(hipEvent_t event) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.events.find(event);
    if (!found) return hipErrorInvalidHandle;
    if (!found->capture.expired()) return hipErrorCapturedEvent;
    if (found->stream && !drain(sim, *found->stream, found->position)) hang();
    return sim.device().failed;
  });
}

hipError_t hipEventElapsedTime(float* milliseconds, hipEvent_t start, hipEvent_t stop) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto from = sim.events.find(start), to = sim.events.find(stop);
    if (!milliseconds) return hipErrorInvalidValue;
    if (!from || !to || !from->stream || !to->stream) return hipErrorInvalidHandle;
    if (((from->flags | to->flags) & hipEventDisableTiming) != 0) return hipErrorInvalidHandle;
    if (!is_complete(*from) || !is_complete(*to)) return hipErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
    return hipSuccess;
  });
}
