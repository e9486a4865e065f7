// hipsim: HIP's functions about the runtime and devices.
#include <cstdio>
#include <cstring>

#include "tests/hipsim/exports.hpp"
#include "tests/hipsim/sim.hpp"

using namespace hipsim;  // NOLINT(google-build-using-namespace): the functions below are C's

namespace {

constexpr int kVersion = 60'241'133;     // 6.2
constexpr int kOldVersion = 50'013'601;  // 5.0

const Device* device_at(const Sim& sim, int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= sim.devices.size()) return nullptr;
  return &sim.devices[static_cast<std::size_t>(index)];
}

hipError_t copy_text(char* to, int length, const std::string& text) {
  if (!to || length <= 0) return hipErrorInvalidValue;
  std::snprintf(to, static_cast<std::size_t>(length), "%s", text.c_str());
  return hipSuccess;
}

// Of a Radeon RX 7900 XT, roughly. Nothing: an attribute that packs do not ask for.
int attribute(hipDeviceAttribute_t which) {
  switch (which) {
    case hipDeviceAttributeClockRate:
      return 2'400'000;
    case hipDeviceAttributeL2CacheSize:
      return 6 << 20;
    case hipDeviceAttributeMaxThreadsPerBlock:
      return static_cast<int>(kMaxThreads);
    case hipDeviceAttributeMemoryBusWidth:
      return 320;
    case hipDeviceAttributeMemoryClockRate:
      return 1'250'000;
    case hipDeviceAttributeMultiprocessorCount:
      return 42;
    case hipDeviceAttributeMaxSharedMemoryPerBlock:
      return 64 << 10;
    case hipDeviceAttributeWarpSize:
      return static_cast<int>(kWaveSize);
    case hipDeviceAttributeIntegrated:
    case hipDeviceAttributeKernelExecTimeout:
      return 0;
  }
  return -1;
}

hipError_t version(int* out) {
  return call(Needs::kLibrary, [&](Sim& sim) {
    if (!out) return hipErrorInvalidValue;
    *out = sim.faults.has(Fault::kOldRocm) ? kOldVersion : kVersion;
    return hipSuccess;
  });
}

}  // namespace

hipError_t hipInit(unsigned flags) {
  return call(Needs::kRuntime,
              [&](Sim&) { return flags == 0 ? hipSuccess : hipErrorInvalidValue; });
}

hipError_t hipRuntimeGetVersion(int* out) { return version(out); }

hipError_t hipDriverGetVersion(int* out) { return version(out); }

hipError_t hipGetDeviceCount(int* count) {
  if (count) *count = 0;
  return call(Needs::kLibrary, [&](Sim& sim) {
    if (!count) return hipErrorInvalidValue;
    if (sim.faults.has(Fault::kNoDevice) || sim.faults.has(Fault::kPermission))
      return hipErrorNoDevice;
    *count = static_cast<int>(sim.devices.size());
    return hipSuccess;
  });
}

hipError_t hipDeviceGetByPCIBusId(int* device, const char* pci_id) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!device || !pci_id) return hipErrorInvalidValue;
    for (std::size_t i = 0; i < sim.devices.size(); ++i) {
      if (sim.devices[i].options.pci_id != pci_id) continue;
      *device = static_cast<int>(i);
      return hipSuccess;
    }
    return hipErrorInvalidValue;
  });
}

hipError_t hipDeviceGetPCIBusId(char* pci_id, int length, int device) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const Device* found = device_at(sim, device);
    return found ? copy_text(pci_id, length, found->options.pci_id) : hipErrorInvalidDevice;
  });
}

hipError_t hipDeviceGetName(char* name, int length, hipDevice_t device) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const Device* found = device_at(sim, device);
    if (!found) return hipErrorInvalidDevice;
    return copy_text(name, length, "Simulated " + found->options.target);
  });
}

hipError_t hipDeviceGetAttribute(int* value, hipDeviceAttribute_t which, int device) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!device_at(sim, device)) return hipErrorInvalidDevice;
    if (!value || attribute(which) < 0) return hipErrorInvalidValue;
    *value = attribute(which);
    return hipSuccess;
  });
}

hipError_t hipSetDevice(int device) {
  return call(Needs::kRuntime, [&](Sim& sim) {
    if (sim.faults.has(Fault::kNoDevice) || !device_at(sim, device)) return hipErrorInvalidDevice;
    current_device() = device;
    return hipSuccess;
  });
}

hipError_t hipDeviceSynchronize() {
  return call(Needs::kNoCapture, [&](Sim& sim) {
    if (!drain_device(sim, current_device())) hang();
    return sim.device().failed;
  });
}
