#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "tests/hipsim/fixture.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

class Arrays {
 public:
  explicit Arrays(const Hip& hip)
      : a(hip, std::vector<float>(kN, 1)), b(hip, std::vector<float>(kN, 2)), y(hip, kN) {}
  hipError_t run(const Kernels& kernels) const {
    const hipError_t error =
        kernels.launch("add", 2, 32, AddArgs{a.data(), b.data(), y.data(), kN});
    return error == hipSuccess ? kernels.wait() : error;
  }

  static constexpr std::uint32_t kN = 40;
  Array<float> a, b, y;
};

// Whether `call` is still going on a while after it began. It stays behind for ever if it is.
bool hangs(std::function<void()> call) {
  const auto returned = std::make_shared<std::atomic<bool>>(false);
  std::thread([returned, call = std::move(call)] {
    call();
    *returned = true;
  }).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return !*returned;
}

}  // namespace

TEST_CASE("hipsim faults: no device") {
  const Hip hip("FAULT=no_device");
  int count = 7;
  CHECK(hip->hipInit(0) == hipSuccess);
  CHECK(hip->hipGetDeviceCount(&count) == hipErrorNoDevice);
  CHECK(count == 0);
  CHECK(hip->hipSetDevice(0) == hipErrorInvalidDevice);
  void* memory = nullptr;
  CHECK(hip->hipMalloc(&memory, 64) == hipErrorNoDevice);
}

TEST_CASE("hipsim faults: no permission") {
  const Hip hip("FAULT=permission");
  int value = 7;
  CHECK(hip->hipInit(0) == hipErrorInvalidDevice);
  // What libamdhip64 5.2 says on a machine without /dev/kfd.
  CHECK(hip->hipGetDeviceCount(&value) == hipErrorNoDevice);
  CHECK(value == 0);
  CHECK(hip->hipSetDevice(0) == hipErrorInvalidDevice);
  CHECK(hip->hipRuntimeGetVersion(&value) == hipSuccess);
}

TEST_CASE("hipsim faults: an old ROCm") {
  int version = 0;
  CHECK(Hip("FAULT=old_rocm")->hipRuntimeGetVersion(&version) == hipSuccess);
  CHECK(version / 10'000'000 == 5);
  CHECK(version / 100'000 % 100 == 0);
  CHECK(Hip()->hipRuntimeGetVersion(&version) == hipSuccess);
  CHECK(version / 10'000'000 == 6);
}

TEST_CASE("hipsim faults: a slow start") {
  const Hip hip("FAULT=slow_start=1");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(hip->hipInit(0) == hipSuccess);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::seconds(1));
}

TEST_CASE("hipsim faults: a start that hangs") {
  const Hip hip("FAULT=hang_init");
  const HipApi api = *hip;
  CHECK(hangs([api] { api.hipInit(0); }));
}

TEST_CASE("hipsim faults: an allocation that hangs") {
  const Hip hip("FAULT=hang_malloc");
  const HipApi api = *hip;
  CHECK(hip->hipInit(0) == hipSuccess);
  CHECK(hangs([api] {
    void* memory = nullptr;
    api.hipMalloc(&memory, 64);
  }));
}

TEST_CASE("hipsim faults: the n-th allocation fails") {
  const Hip hip("FAULT=oom=2");
  void* memory = nullptr;
  CHECK(hip->hipMalloc(&memory, 64) == hipSuccess);
  CHECK(hip->hipMalloc(&memory, 64) == hipErrorOutOfMemory);
  CHECK(hip->hipMalloc(&memory, 64) == hipSuccess);
}

TEST_CASE("hipsim faults: a kernel that hangs") {
  for (const char* fault : {"hang_kernel=3", "hang_kernel=reverse"}) {
    const Hip hip(std::string("FAULT=") + fault);
    const Kernels kernels(hip);
    const Arrays arrays(hip);
    const Array<std::uint32_t> words(hip, std::vector<std::uint32_t>(32, 1));
    CHECK(arrays.run(kernels) == hipSuccess);
    CHECK(arrays.run(kernels) == hipSuccess);
    const WordsArgs args{words.data(), words.data(), 0};
    CHECK(kernels.launch("reverse", 1, 32, args) == hipSuccess);
    for (int i = 0; i < 5; ++i) CHECK(hip->hipStreamQuery(kernels.stream()) == hipErrorNotReady);
    const HipApi api = *hip;
    CHECK(hangs([api, stream = kernels.stream()] { api.hipStreamSynchronize(stream); }));
    CHECK(hip->hipStreamQuery(kernels.stream()) == hipErrorNotReady);
    CHECK(hangs([api] { api.hipDeviceSynchronize(); }));
  }
}

TEST_CASE("hipsim faults: a page fault is what every later call says") {
  const Hip hip("FAULT=page_fault=2");
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  CHECK(arrays.run(kernels) == hipSuccess);
  CHECK(arrays.run(kernels) == hipErrorIllegalAddress);
  void* memory = nullptr;
  CHECK(hip->hipMalloc(&memory, 64) == hipErrorIllegalAddress);
  CHECK(hip->hipStreamQuery(kernels.stream()) == hipErrorIllegalAddress);
  const forge::Status status = check(*hip, kernels.wait(), "hipStreamSynchronize", "0000:03:00.0");
  CHECK(status.message().starts_with(
      "hipStreamSynchronize on 0000:03:00.0 failed: hipErrorIllegalAddress (700, an illegal memory "
      "access was encountered); "));
}

TEST_CASE("hipsim faults: a page fault that ends the process") {
  const Hip hip("FAULT=page_fault_abort");
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    close(2);
    arrays.run(kernels);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("hipsim faults: a lost device") {
  const Hip hip("FAULT=lost=2");
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  CHECK(arrays.run(kernels) == hipSuccess);
  CHECK(arrays.run(kernels) == hipErrorUnknown);
  CHECK(hip->hipDeviceSynchronize() == hipErrorUnknown);
  CHECK(hip->hipFree(arrays.a.data()) == hipErrorUnknown);
}

TEST_CASE("hipsim faults: a wrong result") {
  for (const char* fault : {"wrong_result", "wrong_result=add"}) {
    const Hip hip(std::string("FAULT=") + fault);
    const Kernels kernels(hip);
    const Arrays arrays(hip);
    CHECK(arrays.run(kernels) == hipSuccess);
    const std::vector<float> y = arrays.y.read();
    CHECK(y[0] != 3);
    CHECK(std::vector<float>(y.begin() + 1, y.end()) == std::vector<float>(Arrays::kN - 1, 3));
  }
  const Hip hip("FAULT=wrong_result=reverse");
  const Kernels kernels(hip);
  const Arrays arrays(hip);
  CHECK(arrays.run(kernels) == hipSuccess);
  CHECK(arrays.y.read() == std::vector<float>(Arrays::kN, 3));
}
