#include <thread>

#include "tests/hipsim/fixture.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

// y = a + b, then a = y: each run adds b to a once more.
class Accumulate {
 public:
  explicit Accumulate(const Hip& hip)
      : a(hip, std::vector<float>(kN, 1)), b(hip, std::vector<float>(kN, 2)), y(hip, kN) {}

  void enqueue(const Hip& hip, const Kernels& kernels, const char* kernel = "add") const {
    REQUIRE(kernels.launch(kernel, 2, 32, AddArgs{a.data(), b.data(), y.data(), kN}) == hipSuccess);
    REQUIRE(hip->hipMemcpyAsync(a.data(), y.data(), y.bytes(), hipMemcpyDeviceToDevice,
                                kernels.stream()) == hipSuccess);
  }

  static constexpr std::uint32_t kN = 40;
  Array<float> a, b, y;
};

hipGraph_t capture(const Hip& hip, const Kernels& kernels, const Accumulate& work,
                   const char* kernel = "add") {
  hipGraph_t graph = nullptr;
  REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), hipStreamCaptureModeGlobal) == hipSuccess);
  work.enqueue(hip, kernels, kernel);
  REQUIRE(hip->hipStreamEndCapture(kernels.stream(), &graph) == hipSuccess);
  return graph;
}

}  // namespace

TEST_CASE("hipsim graphs: what is captured is done when it is launched, each time") {
  const Hip hip;
  const Kernels kernels(hip);
  const Accumulate work(hip);
  const hipGraph_t graph = capture(hip, kernels, work);
  hipGraphExec_t exec = nullptr;
  REQUIRE(hip->hipGraphInstantiateWithFlags(&exec, graph, 0) == hipSuccess);
  CHECK(hip->hipGraphDestroy(graph) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  CHECK(work.a.read().front() == 1);
  for (int i = 0; i < 3; ++i) CHECK(hip->hipGraphLaunch(exec, kernels.stream()) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  CHECK(work.a.read() == std::vector<float>(Accumulate::kN, 7));
  CHECK(hip->hipGraphExecDestroy(exec) == hipSuccess);
  CHECK(hip->hipGraphLaunch(exec, kernels.stream()) == hipErrorInvalidValue);
}

TEST_CASE("hipsim graphs: an update takes new arguments, not other work") {
  const Hip hip;
  const Kernels kernels(hip);
  const Accumulate work(hip), other(hip);
  const hipGraph_t graph = capture(hip, kernels, work);
  const hipGraph_t moved = capture(hip, kernels, other);
  const hipGraph_t changed = capture(hip, kernels, work, "add_beyond");
  hipGraph_t empty = nullptr;
  REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), hipStreamCaptureModeGlobal) == hipSuccess);
  REQUIRE(hip->hipStreamEndCapture(kernels.stream(), &empty) == hipSuccess);
  hipGraphExec_t exec = nullptr;
  REQUIRE(hip->hipGraphInstantiateWithFlags(&exec, graph, 0) == hipSuccess);
  hipGraphExecUpdateResult result{};
  CHECK(hip->hipGraphExecUpdate(exec, empty, nullptr, &result) == hipErrorGraphExecUpdateFailure);
  CHECK(result == hipGraphExecUpdateErrorTopologyChanged);
  CHECK(hip->hipGraphExecUpdate(exec, changed, nullptr, &result) == hipErrorGraphExecUpdateFailure);
  CHECK(result == hipGraphExecUpdateErrorFunctionChanged);
  CHECK(hip->hipGraphExecUpdate(exec, moved, nullptr, &result) == hipSuccess);
  REQUIRE(hip->hipGraphLaunch(exec, kernels.stream()) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  CHECK(work.a.read().front() == 1);
  CHECK(other.a.read().front() == 3);
}

TEST_CASE("hipsim graphs: calls that a capture forbids end it") {
  const Hip hip;
  const Kernels kernels(hip);
  const Array<float> memory(hip, 4);
  float host[4];
  void* more = nullptr;
  const std::vector<std::function<hipError_t()>> forbidden = {
      [&] { return hip->hipMalloc(&more, 64); },
      [&] { return hip->hipFree(memory.data()); },
      [&] { return hip->hipMemcpy(host, memory.data(), 16, hipMemcpyDeviceToHost); },
      [&] { return hip->hipDeviceSynchronize(); },
      [&] { return kernels.wait(); },
      [&] { return hip->hipStreamQuery(kernels.stream()); },
  };
  for (const auto& call : forbidden) {
    hipGraph_t graph = nullptr;
    REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), hipStreamCaptureModeGlobal) == hipSuccess);
    CHECK(call() == hipErrorStreamCaptureUnsupported);
    CHECK(hip->hipStreamEndCapture(kernels.stream(), &graph) == hipErrorStreamCaptureInvalidated);
    CHECK(graph == nullptr);
  }
  CHECK(kernels.wait() == hipSuccess);
  hipGraph_t graph = nullptr;
  CHECK(hip->hipStreamEndCapture(kernels.stream(), &graph) == hipErrorIllegalState);
  CHECK(hip->hipStreamBeginCapture(nullptr, hipStreamCaptureModeGlobal) ==
        hipErrorStreamCaptureUnsupported);
}

TEST_CASE("hipsim graphs: another thread may allocate while a thread-local capture goes on") {
  for (const auto mode : {hipStreamCaptureModeGlobal, hipStreamCaptureModeThreadLocal}) {
    const Hip hip;
    const Kernels kernels(hip);
    REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), mode) == hipSuccess);
    hipError_t error = hipErrorUnknown;
    std::thread([&] {
      void* memory = nullptr;
      error = hip->hipMalloc(&memory, 64);
    }).join();
    CHECK((error == hipSuccess) == (mode == hipStreamCaptureModeThreadLocal));
    hipGraph_t graph = nullptr;
    CHECK((hip->hipStreamEndCapture(kernels.stream(), &graph) == hipSuccess) ==
          (mode == hipStreamCaptureModeThreadLocal));
  }
}

TEST_CASE("hipsim graphs: a second stream joins by an event and must come back") {
  for (const bool back : {false, true}) {
    const Hip hip;
    const Kernels kernels(hip);
    const Accumulate work(hip);
    hipStream_t other = nullptr;
    hipEvent_t fork = nullptr, join = nullptr;
    REQUIRE(hip->hipStreamCreateWithFlags(&other, hipStreamNonBlocking) == hipSuccess);
    REQUIRE(hip->hipEventCreateWithFlags(&fork, hipEventDisableTiming) == hipSuccess);
    REQUIRE(hip->hipEventCreateWithFlags(&join, hipEventDisableTiming) == hipSuccess);
    REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), hipStreamCaptureModeGlobal) == hipSuccess);
    REQUIRE(hip->hipEventRecord(fork, kernels.stream()) == hipSuccess);
    REQUIRE(hip->hipStreamWaitEvent(other, fork, 0) == hipSuccess);
    REQUIRE(kernels.launch("add", 2, 32,
                           AddArgs{work.a.data(), work.b.data(), work.y.data(), Accumulate::kN},
                           other) == hipSuccess);
    CHECK(hip->hipEventQuery(fork) == hipErrorCapturedEvent);
    REQUIRE(hip->hipEventRecord(join, other) == hipSuccess);
    if (back) REQUIRE(hip->hipStreamWaitEvent(kernels.stream(), join, 0) == hipSuccess);
    hipGraph_t graph = nullptr;
    REQUIRE(hip->hipStreamEndCapture(kernels.stream(), &graph) ==
            (back ? hipSuccess : hipErrorStreamCaptureUnjoined));
    if (!back) continue;
    hipGraphExec_t exec = nullptr;
    REQUIRE(hip->hipGraphInstantiateWithFlags(&exec, graph, 0) == hipSuccess);
    REQUIRE(hip->hipGraphLaunch(exec, kernels.stream()) == hipSuccess);
    REQUIRE(kernels.wait() == hipSuccess);
    CHECK(work.y.read().front() == 3);
  }
}

TEST_CASE("hipsim graphs: a capture cannot wait for work outside of it") {
  const Hip hip;
  const Kernels kernels(hip);
  hipEvent_t event = nullptr;
  REQUIRE(hip->hipEventCreateWithFlags(&event, 0) == hipSuccess);
  REQUIRE(hip->hipStreamBeginCapture(kernels.stream(), hipStreamCaptureModeGlobal) == hipSuccess);
  CHECK(hip->hipStreamWaitEvent(kernels.stream(), event, 0) == hipErrorStreamCaptureIsolation);
}
