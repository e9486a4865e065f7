// hipsim: HIP's functions about memory.
#include "tests/hipsim/exports.hpp"
#include "tests/hipsim/sim.hpp"

using namespace hipsim;  // NOLINT(google-build-using-namespace): the functions below are C's

namespace {

hipError_t allocate(Sim& sim, void** out, std::size_t bytes, int device) {
  if (!out) return hipErrorInvalidValue;
  *out = nullptr;
  if (bytes == 0) return hipSuccess;
  const Allocation* allocation = sim.memory.allocate(device, bytes);
  if (!allocation) return hipErrorOutOfMemory;
  if (sim.recorder.on()) sim.recorder.allocated(*allocation);
  *out = allocation->base;
  return hipSuccess;
}

// HIP waits for the device before it takes memory away.
hipError_t release(Sim& sim, void* memory, bool host) {
  if (!memory) return hipSuccess;
  if (!drain_device(sim, current_device())) hang();
  if (!sim.memory.release(memory, host)) return hipErrorInvalidValue;
  if (sim.recorder.on()) sim.recorder.freed(static_cast<const std::byte*>(memory));
  return sim.device().failed;
}

// Whether [address, +bytes) is what the kind of copy says it is, device memory or not.
hipError_t check_side(Sim& sim, const void* address, std::size_t bytes, bool device) {
  const Allocation* found = sim.memory.touching(address, bytes);
  const bool on_device = found && found->device != kHostMemory;
  const char* wrong = nullptr;
  if (device && !on_device) wrong = "is not device memory";
  if (!device && on_device) wrong = "is device memory";
  if (!wrong && found && !Memory::inside(*found, address, bytes))
    wrong = "is not of one allocation as a whole";
  if (!wrong) return hipSuccess;
  sim.say("copy or fill of " + std::to_string(bytes) + " bytes: the memory " + wrong + " (" +
          sim.memory.describe(address) + ")");
  return hipErrorInvalidValue;
}

bool is_device(Sim& sim, const void* address) {
  const Allocation* found = sim.memory.touching(address, 1);
  return found && found->device != kHostMemory;
}

hipError_t enqueue_copy(Sim& sim, const std::shared_ptr<Stream>& stream, const CopyOp& op,
                        hipMemcpyKind kind) {
  if (!stream) return hipErrorInvalidHandle;
  if (op.bytes == 0) return hipSuccess;
  if (!op.to || !op.from) return hipErrorInvalidValue;
  if (kind > hipMemcpyDefault) return hipErrorInvalidMemcpyDirection;
  const bool to_device = kind == hipMemcpyDefault
                             ? is_device(sim, op.to)
                             : kind == hipMemcpyHostToDevice || kind == hipMemcpyDeviceToDevice;
  const bool from_device = kind == hipMemcpyDefault
                               ? is_device(sim, op.from)
                               : kind == hipMemcpyDeviceToHost || kind == hipMemcpyDeviceToDevice;
  if (const hipError_t error = check_side(sim, op.to, op.bytes, to_device)) return error;
  if (const hipError_t error = check_side(sim, op.from, op.bytes, from_device)) return error;
  enqueue(sim, stream, op);
  return hipSuccess;
}

}  // namespace

hipError_t hipMemGetInfo(std::size_t* free, std::size_t* total) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!free || !total) return hipErrorInvalidValue;
    *total = sim.device().options.total_bytes;
    *free = *total - sim.memory.used(current_device());
    return hipSuccess;
  });
}

hipError_t hipMalloc(void** memory, std::size_t bytes) {
  return call(Needs::kNoCapture, [&](Sim& sim) {
    if (sim.faults.has(Fault::kHangMalloc)) hang();
    if (sim.faults.allocation_fails()) return hipErrorOutOfMemory;
    const std::uint64_t total = sim.device().options.total_bytes;
    if (bytes > total || taken_bytes(bytes) > total - sim.memory.used(current_device()))
      return hipErrorOutOfMemory;
    return allocate(sim, memory, bytes, current_device());
  });
}

hipError_t hipFree(void* memory) {
  return call(Needs::kNoCapture, [&](Sim& sim) { return release(sim, memory, false); });
}

hipError_t hipHostMalloc(void** memory, std::size_t bytes, unsigned /*flags*/) {
  return call(Needs::kNoCapture,
              [&](Sim& sim) { return allocate(sim, memory, bytes, kHostMemory); });
}

hipError_t hipHostFree(void* memory) {
  return call(Needs::kNoCapture, [&](Sim& sim) { return release(sim, memory, true); });
}

hipError_t hipMemcpy(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind) {
  return call(Needs::kNoCapture, [&](Sim& sim) {
    const auto stream = sim.device().default_stream;
    if (const hipError_t error = enqueue_copy(sim, stream, {to, from, bytes}, kind)) return error;
    if (!drain(sim, *stream)) hang();
    return sim.device().failed;
  });
}

hipError_t hipMemcpyAsync(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind,
                          hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    return enqueue_copy(sim, stream_of(sim, stream), {to, from, bytes}, kind);
  });
}

hipError_t hipMemsetAsync(void* to, int value, std::size_t bytes, hipStream_t stream) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto target = stream_of(sim, stream);
    if (!target) return hipErrorInvalidHandle;
    if (bytes == 0) return hipSuccess;
    if (const hipError_t error = check_side(sim, to, bytes, true)) return error;
    enqueue(sim, target, FillOp{to, value, bytes});
    return hipSuccess;
  });
}
