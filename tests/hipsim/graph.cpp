#include "tests/hipsim/graph.hpp"

#include <algorithm>
#include <utility>

#include "tests/hipsim/exports.hpp"
#include "tests/hipsim/sim.hpp"

namespace hipsim {

hipError_t capture_wait(const std::shared_ptr<Stream>& stream, const Event& event) {
  const auto capture = event.capture.lock();
  if (stream->capture && stream->capture != capture) {
    // Of a capture, only its own events can be waited for.
    stream->capture->invalid = true;
    return capture ? hipErrorStreamCaptureMerge : hipErrorStreamCaptureIsolation;
  }
  if (!stream->capture) {
    stream->capture = capture;
    capture->joined[stream.get()] = capture->ops.size() + 1;
  }
  // A stream that joined is back when others wait for something after its last work.
  const auto other = capture->joined.find(event.stream.get());
  if (other != capture->joined.end() && event.stream != stream &&
      event.capture_position >= other->second)
    other->second = 0;
  return hipSuccess;
}

void capture_record(const std::shared_ptr<Stream>& stream, Event& event) {
  event.stream = stream;
  event.position = 0;
  event.capture = stream->capture;
  event.capture_position = stream->capture->ops.size() + 1;
}

hipError_t refuse_capture(Sim& sim) {
  hipError_t error = hipSuccess;
  for (const auto& capture : sim.captures) {
    const bool concerned = capture->mode == hipStreamCaptureModeGlobal ||
                           (capture->mode == hipStreamCaptureModeThreadLocal &&
                            capture->thread == std::this_thread::get_id());
    if (!concerned) continue;
    capture->invalid = true;
    error = hipErrorStreamCaptureUnsupported;
  }
  return error;
}

namespace {

hipError_t begin_capture(Sim& sim, const std::shared_ptr<Stream>& stream,
                         hipStreamCaptureMode mode) {
  if (!stream) return hipErrorInvalidHandle;
  if (stream->is_default) return hipErrorStreamCaptureUnsupported;
  if (stream->capture) return hipErrorIllegalState;
  if (mode > hipStreamCaptureModeRelaxed) return hipErrorInvalidValue;
  auto capture = std::make_shared<Capture>();
  capture->origin = stream.get();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  stream->capture = capture;
  sim.captures.push_back(std::move(capture));
  return hipSuccess;
}

hipError_t end_capture(Sim& sim, const std::shared_ptr<Stream>& stream, hipGraph_t* graph) {
  const auto capture = stream->capture;
  if (!capture) return hipErrorIllegalState;
  if (capture->origin != stream.get()) return hipErrorStreamCaptureUnmatched;
  if (capture->mode != hipStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return hipErrorStreamCaptureWrongThread;
  const bool joined = std::all_of(capture->joined.begin(), capture->joined.end(),
                                  [](const auto& entry) { return entry.second == 0; });
  stream->capture.reset();
  for (const auto& [other, position] : capture->joined) other->capture.reset();
  std::erase(sim.captures, capture);
  if (capture->invalid) return hipErrorStreamCaptureInvalidated;
  if (!joined) return hipErrorStreamCaptureUnjoined;
  auto made = std::make_shared<Graph>();
  made->ops = std::move(capture->ops);
  *graph = reinterpret_cast<hipGraph_t>(sim.graphs.add(std::move(made)));
  return hipSuccess;
}

// Arguments, grids and addresses may differ; what is done in which order may not.
hipGraphExecUpdateResult compare(const std::vector<Op>& was, const std::vector<Op>& now) {
  if (was.size() != now.size()) return hipGraphExecUpdateErrorTopologyChanged;
  for (std::size_t i = 0; i < was.size(); ++i) {
    if (was[i].index() != now[i].index()) return hipGraphExecUpdateErrorNodeTypeChanged;
    const auto* launch = std::get_if<Launch>(&was[i]);
    if (launch && launch->kernel.run != std::get<Launch>(now[i]).kernel.run)
      return hipGraphExecUpdateErrorFunctionChanged;
  }
  return hipGraphExecUpdateSuccess;
}

}  // namespace
}  // namespace hipsim

using namespace hipsim;  // NOLINT(google-build-using-namespace): the functions below are C's

hipError_t hipStreamBeginCapture(hipStream_t stream, hipStreamCaptureMode mode) {
  return call(Needs::kDevice,
              [&](Sim& sim) { return begin_capture(sim, stream_of(sim, stream), mode); });
}

hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t* graph) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!graph) return hipErrorInvalidValue;
    *graph = nullptr;
    const auto found = stream_of(sim, stream);
    return found ? end_capture(sim, found, graph) : hipErrorInvalidHandle;
  });
}

hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t* exec, hipGraph_t graph,
                                        unsigned long long /*flags*/) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.graphs.find(graph);
    if (!exec || !found) return hipErrorInvalidValue;
    auto made = std::make_shared<GraphExec>(GraphExec{found->ops});
    *exec = reinterpret_cast<hipGraphExec_t>(sim.graph_execs.add(std::move(made)));
    return hipSuccess;
  });
}

hipError_t hipGraphExecUpdate(hipGraphExec_t exec, hipGraph_t graph, hipGraphNode_t* error_node,
                              hipGraphExecUpdateResult* result) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.graph_execs.find(exec);
    const auto source = sim.graphs.find(graph);
    if (!found || !source || !result) return hipErrorInvalidValue;
    if (error_node) *error_node = nullptr;
    *result = compare(found->ops, source->ops);
    if (*result != hipGraphExecUpdateSuccess) return hipErrorGraphExecUpdateFailure;
    found->ops = source->ops;
    return hipSuccess;
  });
}

hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.graph_execs.find(exec);
    const auto target = stream_of(sim, stream);
    if (!found || !target) return hipErrorInvalidValue;
    for (const Op& op : found->ops) enqueue(sim, target, op);
    return hipSuccess;
  });
}

hipError_t hipGraphExecDestroy(hipGraphExec_t exec) {
  return call(Needs::kDevice, [&](Sim& sim) {
    return sim.graph_execs.remove(exec) ? hipSuccess : hipErrorInvalidValue;
  });
}

hipError_t hipGraphDestroy(hipGraph_t graph) {
  return call(Needs::kDevice, [&](Sim& sim) {
    return sim.graphs.remove(graph) ? hipSuccess : hipErrorInvalidValue;
  });
}
