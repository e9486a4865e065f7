#include <utility>

#include "tests/hipsim/fixture.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

class Arrays {
 public:
  explicit Arrays(const Hip& hip)
      : a(hip, std::vector<float>(kN, 1)), b(hip, std::vector<float>(kN, 2)), y(hip, kN) {}
  AddArgs args() const { return {a.data(), b.data(), y.data(), kN}; }

  static constexpr std::uint32_t kN = 40;
  Array<float> a, b, y;
};

hipStream_t make_stream(const Hip& hip, unsigned flags) {
  hipStream_t stream = nullptr;
  REQUIRE(hip->hipStreamCreateWithFlags(&stream, flags) == hipSuccess);
  return stream;
}

hipEvent_t make_event(const Hip& hip, unsigned flags = 0) {
  hipEvent_t event = nullptr;
  REQUIRE(hip->hipEventCreateWithFlags(&event, flags) == hipSuccess);
  return event;
}

}  // namespace

TEST_CASE("hipsim streams: nothing is done before it is waited for") {
  const Hip hip;
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  float first = -1;
  REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
  REQUIRE(hip->hipMemcpyAsync(&first, arrays.y.data(), sizeof(first), hipMemcpyDeviceToHost,
                              kernels.stream()) == hipSuccess);
  CHECK(first == -1);
  CHECK(kernels.wait() == hipSuccess);
  CHECK(first == 3);
  CHECK(hip->hipStreamQuery(kernels.stream()) == hipSuccess);
}

TEST_CASE("hipsim streams: polling comes to an end") {
  const Hip hip;
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  const hipEvent_t event = make_event(hip);
  CHECK(hip->hipEventQuery(event) == hipSuccess);  // never recorded
  REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
  REQUIRE(hip->hipEventRecord(event, kernels.stream()) == hipSuccess);
  REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
  int polls = 0;
  while (hip->hipEventQuery(event) == hipErrorNotReady) ++polls;
  CHECK(polls == 2);
  CHECK(hip->hipStreamQuery(kernels.stream()) == hipErrorNotReady);
  CHECK(hip->hipStreamQuery(kernels.stream()) == hipSuccess);
}

TEST_CASE("hipsim streams: work of a stream is done in order") {
  const Hip hip;
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  std::vector<float> zeros(Arrays::kN, 0), between(Arrays::kN), after(Arrays::kN);
  const std::size_t bytes = arrays.y.bytes();
  const auto read = [&](std::vector<float>& to) {
    return hip->hipMemcpyAsync(to.data(), arrays.y.data(), bytes, hipMemcpyDeviceToHost,
                               kernels.stream());
  };
  REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
  REQUIRE(read(between) == hipSuccess);
  REQUIRE(hip->hipMemsetAsync(arrays.y.data(), 0, bytes, kernels.stream()) == hipSuccess);
  REQUIRE(read(after) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  CHECK(between == std::vector<float>(Arrays::kN, 3));
  CHECK(after == zeros);
}

TEST_CASE("hipsim streams: only an event orders two streams") {
  for (const bool with_event : {false, true}) {
    const Hip hip;
    const Kernels kernels(hip);
    const Arrays arrays(hip);
    const hipStream_t other = make_stream(hip, hipStreamNonBlocking);
    const hipEvent_t event = make_event(hip, hipEventDisableTiming);
    float first = -1;
    REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
    REQUIRE(hip->hipEventRecord(event, kernels.stream()) == hipSuccess);
    if (with_event) REQUIRE(hip->hipStreamWaitEvent(other, event, 0) == hipSuccess);
    REQUIRE(hip->hipMemcpyAsync(&first, arrays.y.data(), sizeof(first), hipMemcpyDeviceToHost,
                                other) == hipSuccess);
    REQUIRE(hip->hipStreamSynchronize(other) == hipSuccess);
    CHECK((first == 3) == with_event);
    CHECK(hip->hipEventQuery(event) == (with_event ? hipSuccess : hipErrorNotReady));
    REQUIRE(hip->hipDeviceSynchronize() == hipSuccess);
  }
}

TEST_CASE("hipsim streams: the default stream and blocking ones take turns") {
  for (const unsigned flags : {0U, hipStreamNonBlocking}) {
    const Hip hip;
    const Kernels kernels(hip);
    const Arrays arrays(hip);
    const hipStream_t stream = make_stream(hip, flags);
    REQUIRE(kernels.launch("add", 2, 32, arrays.args(), stream) == hipSuccess);
    float first = -1;
    REQUIRE(hip->hipMemcpy(&first, arrays.y.data(), sizeof(first), hipMemcpyDeviceToHost) ==
            hipSuccess);
    CHECK((first == 3) == (flags == 0));
  }
}

TEST_CASE("hipsim streams: an event waits for what was before it, and measures") {
  const Hip hip;
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  const hipEvent_t start = make_event(hip), stop = make_event(hip), never = make_event(hip);
  const hipEvent_t untimed = make_event(hip, hipEventDisableTiming);
  float ms = -1;
  REQUIRE(hip->hipEventRecord(start, kernels.stream()) == hipSuccess);
  REQUIRE(kernels.launch("add", 2, 32, arrays.args()) == hipSuccess);
  REQUIRE(hip->hipEventRecord(stop, kernels.stream()) == hipSuccess);
  REQUIRE(hip->hipEventRecord(untimed, kernels.stream()) == hipSuccess);
  CHECK(hip->hipEventElapsedTime(&ms, start, stop) == hipErrorNotReady);
  REQUIRE(hip->hipEventSynchronize(stop) == hipSuccess);
  CHECK(hip->hipEventQuery(untimed) == hipErrorNotReady);
  CHECK(hip->hipEventElapsedTime(&ms, start, stop) == hipSuccess);
  CHECK(ms > 0);
  CHECK(hip->hipEventElapsedTime(&ms, start, never) == hipErrorInvalidHandle);
  CHECK(hip->hipEventElapsedTime(&ms, start, untimed) == hipErrorInvalidHandle);
}

TEST_CASE("hipsim streams: handles that are gone") {
  const Hip hip;
  const hipStream_t stream = make_stream(hip, 0);
  const hipEvent_t event = make_event(hip);
  REQUIRE(hip->hipEventRecord(event, stream) == hipSuccess);
  REQUIRE(hip->hipStreamDestroy(stream) == hipSuccess);
  CHECK(hip->hipEventQuery(event) == hipSuccess);  // its work was waited for
  CHECK(hip->hipStreamSynchronize(stream) == hipErrorInvalidHandle);
  REQUIRE(hip->hipEventDestroy(event) == hipSuccess);
  CHECK(hip->hipEventSynchronize(event) == hipErrorInvalidHandle);
}
