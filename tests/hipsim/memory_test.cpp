#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "tests/hipsim/fixture.hpp"
#include "tests/hipsim/sanitizers.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kGiB = std::size_t{1} << 30;

hipError_t launch_add(const Hip& hip, const char* kernel, std::uint32_t n) {
  const Kernels kernels(hip);
  const Array<float> a(hip, std::vector<float>(n, 1)), b(hip, std::vector<float>(n, 2)), y(hip, n);
  REQUIRE(kernels.launch(kernel, n / 32 + 1, 32, AddArgs{a.data(), b.data(), y.data(), n}) ==
          hipSuccess);
  return kernels.wait();
}

}  // namespace

TEST_CASE("hipsim memory: fresh memory is not a number and aligned") {
  const Hip hip;
  for (const std::size_t n : {1U, 1000U, 5'000'000U}) {
    const Array<float> memory(hip, n);
    CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % 256 == 0);
    const std::vector<float> values = memory.read();
    CHECK(std::all_of(values.begin(), values.end(), [](float v) { return v != v; }));
  }
}

TEST_CASE("hipsim memory: the card has the size that is asked for") {
  const Hip hip("DEVICES=0000:0a:00.0=gfx1100,16");
  std::size_t free = 0, total = 0;
  REQUIRE(hip->hipMemGetInfo(&free, &total) == hipSuccess);
  CHECK(total == 16 * kGiB);
  CHECK(free == total);
  void* most = nullptr;
  void* more = nullptr;
  REQUIRE(hip->hipMalloc(&most, 15 * kGiB) == hipSuccess);  // costs nothing until it is touched
  REQUIRE(hip->hipMemGetInfo(&free, &total) == hipSuccess);
  CHECK(free == kGiB);
  CHECK(hip->hipMalloc(&more, kGiB + 1) == hipErrorOutOfMemory);
  CHECK(hip->hipGetLastError() == hipErrorOutOfMemory);
  CHECK(hip->hipGetLastError() == hipSuccess);
  CHECK(hip->hipMalloc(&more, kGiB) == hipSuccess);
  CHECK(hip->hipFree(most) == hipSuccess);
  CHECK(hip->hipFree(more) == hipSuccess);
  REQUIRE(hip->hipMemGetInfo(&free, &total) == hipSuccess);
  CHECK(free == total);
}

TEST_CASE("hipsim memory: nothing and freed twice") {
  const Hip hip;
  void* memory = nullptr;
  CHECK(hip->hipFree(nullptr) == hipSuccess);
  REQUIRE(hip->hipMalloc(&memory, 100) == hipSuccess);
  CHECK(hip->hipHostFree(memory) == hipErrorInvalidValue);
  CHECK(hip->hipFree(static_cast<char*>(memory) + 1) == hipErrorInvalidValue);
  CHECK(hip->hipFree(memory) == hipSuccess);
  CHECK(hip->hipFree(memory) == hipErrorInvalidValue);
  REQUIRE(hip->hipHostMalloc(&memory, 100, hipHostMallocDefault) == hipSuccess);
  std::memset(memory, 1, 100);  // the host's own
  CHECK(hip->hipFree(memory) == hipErrorInvalidValue);
  CHECK(hip->hipHostFree(memory) == hipSuccess);
}

TEST_CASE("hipsim memory: copies know device memory from the host's, and where it ends") {
  const Hip hip;
  const Array<float> device(hip, 16);
  float host[17] = {};
  const auto copy = [&](void* to, const void* from, std::size_t n, hipMemcpyKind kind) {
    return hip->hipMemcpy(to, from, n * sizeof(float), kind);
  };
  CHECK(copy(device.data(), host, 16, hipMemcpyHostToDevice) == hipSuccess);
  CHECK(copy(device.data(), host, 16, hipMemcpyDefault) == hipSuccess);
  CHECK(copy(host, device.data(), 16, hipMemcpyDefault) == hipSuccess);
  CHECK(copy(device.data(), host, 17, hipMemcpyHostToDevice) == hipErrorInvalidValue);
  CHECK(copy(device.data() + 1, host, 16, hipMemcpyHostToDevice) == hipErrorInvalidValue);
  CHECK(copy(host, device.data() - 1, 2, hipMemcpyDeviceToHost) == hipErrorInvalidValue);
  CHECK(copy(host, host + 8, 8, hipMemcpyDeviceToHost) == hipErrorInvalidValue);
  CHECK(copy(device.data(), host, 16, hipMemcpyDeviceToDevice) == hipErrorInvalidValue);
  CHECK(copy(host, device.data(), 16, hipMemcpyHostToHost) == hipErrorInvalidValue);
  CHECK(copy(host, device.data(), 16, hipMemcpyHostToDevice) == hipErrorInvalidValue);
  CHECK(hip->hipMemsetAsync(host, 0, 16, nullptr) == hipErrorInvalidValue);
  CHECK(hip->hipMemsetAsync(device.data(), 0, 65, nullptr) == hipErrorInvalidValue);
  CHECK(hipsim::last_message() ==
        "copy or fill of 65 bytes: the memory is not of one allocation as a whole (within an "
        "allocation of 64 bytes)");
}

TEST_CASE("hipsim memory: a kernel that writes behind its memory fails") {
  const Hip hip;
  CHECK(launch_add(hip, "add", 99) == hipSuccess);
  CHECK(launch_add(hip, "add_beyond", 99) == hipErrorIllegalAddress);
  CHECK(hipsim::last_message() ==
        "kernel 'add_beyond': it wrote behind the end of an allocation of 396 bytes");
}

#if !HIPSIM_ASAN && !HIPSIM_TSAN  // they report it themselves
TEST_CASE("hipsim memory: a kernel that touches what is not mapped fails") {
  {
    const Hip hip;
    CHECK(launch_add(hip, "add_beyond", 1024) == hipErrorIllegalAddress);  // no padding behind it
    CHECK(hipsim::last_message().find("0 bytes behind an allocation of 4096 bytes") !=
          std::string::npos);
  }
  const Hip hip("THREADS=3");
  const Kernels kernels(hip);
  AddArgs nothing{nullptr, nullptr, nullptr, 1000};
  REQUIRE(kernels.launch("add", 100, 64, nothing) == hipSuccess);
  CHECK(kernels.wait() == hipErrorIllegalAddress);
  CHECK(hipsim::last_message().find("near no allocation") != std::string::npos);
}
#endif

TEST_CASE("hipsim memory: the host cannot touch device memory") {
  const Hip hip;
  const Array<float> device(hip, std::vector<float>(16, 1));
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    close(2);
    const volatile float* data = device.data();
    _exit(data[0] == 1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}
