#include "tests/hipsim/fixture.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

}  // namespace

TEST_CASE("hipsim devices: as the environment says") {
  const Hip hip("DEVICES=0000:03:00.0=gfx1100,20;0000:83:00.0=gfx1201,16");
  int count = 0, device = -1;
  REQUIRE(hip->hipInit(0) == hipSuccess);
  REQUIRE(hip->hipGetDeviceCount(&count) == hipSuccess);
  CHECK(count == 2);
  CHECK(hip->hipDeviceGetByPCIBusId(&device, "0000:83:00.0") == hipSuccess);
  CHECK(device == 1);
  CHECK(hip->hipDeviceGetByPCIBusId(&device, "0000:04:00.0") == hipErrorInvalidValue);
  char text[64] = "";
  CHECK(hip->hipDeviceGetPCIBusId(text, sizeof(text), 1) == hipSuccess);
  CHECK(std::string(text) == "0000:83:00.0");
  CHECK(hip->hipDeviceGetName(text, sizeof(text), 1) == hipSuccess);
  CHECK(std::string(text) == "Simulated gfx1201");
  int value = 0;
  CHECK(hip->hipDeviceGetAttribute(&value, hipDeviceAttributeWarpSize, 0) == hipSuccess);
  CHECK(value == 32);
  CHECK(hip->hipDeviceGetAttribute(&value, hipDeviceAttributeWarpSize, 2) == hipErrorInvalidDevice);
}

TEST_CASE("hipsim devices: each has memory, code and streams of its own") {
  const Hip hip("DEVICES=0000:03:00.0=gfx1100,20;0000:83:00.0=gfx1201,16");
  std::size_t free = 0, total = 0;
  void* memory = nullptr;
  REQUIRE(hip->hipMalloc(&memory, 1 << 20) == hipSuccess);
  REQUIRE(hip->hipSetDevice(1) == hipSuccess);
  REQUIRE(hip->hipMemGetInfo(&free, &total) == hipSuccess);
  CHECK(total == std::size_t{16} << 30);
  CHECK(free == total);
  const Kernels kernels(hip, "hipsim:gfx1201");
  const Array<std::uint32_t> y(hip, std::vector<std::uint32_t>(32, 1));
  CHECK(kernels.launch("reverse", 1, 32, WordsArgs{y.data(), y.data(), 0}) == hipSuccess);
  CHECK(kernels.wait() == hipSuccess);
  CHECK(hip->hipSetDevice(2) == hipErrorInvalidDevice);
  CHECK(hip->hipSetDevice(0) == hipSuccess);
}

TEST_CASE("hip api: the library is named, and what it lacks") {
  {
    const Hip hip;
    CHECK(hip->library.ends_with("/libhipsim.so"));
  }
  setenv("FORGE_HIP_LIBRARY", "/nowhere/libamdhip64.so", 1);
  const auto missing = HipApi::load();
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.code() == forge::Code::kUnavailable);
  CHECK(missing.status().message() ==
        "the HIP library cannot be loaded: there is no /nowhere/libamdhip64.so; FORGE_HIP_LIBRARY "
        "names it, and so no other was tried");
  setenv("FORGE_HIP_LIBRARY", "libm.so.6", 1);
  const auto other = HipApi::load();
  REQUIRE_FALSE(other.ok());
  CHECK(other.code() == forge::Code::kFailedPrecondition);
  CHECK(other.status().message() ==
        "the HIP library 'libm.so.6' has no function hipInit; ROCm 5.2 or newer has it");
}

TEST_CASE("hip api: errors have a name, a place and a way out") {
  const Hip hip;
  CHECK(check(*hip, hipSuccess, "hipInit", "").ok());
  const forge::Status full =
      check(*hip, hipErrorOutOfMemory, "hipMalloc of 64 MiB", "0000:03:00.0");
  CHECK(full.code() == forge::Code::kResourceExhausted);
  CHECK(full.message() ==
        "hipMalloc of 64 MiB on 0000:03:00.0 failed: hipErrorOutOfMemory (2, out of memory); the "
        "card's memory is full: close what else uses it, or take a shorter context or a smaller "
        "model");
  CHECK(check(*hip, hipErrorInvalidValue, "hipMemcpy", "").message() ==
        "hipMemcpy failed: hipErrorInvalidValue (1, invalid argument)");
}
