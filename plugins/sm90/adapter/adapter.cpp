// plugins/sm90/adapter: HIP's functions over CUDA's driver, one by one.
//
// With it the host code of the packs that use HIP runs on an NVIDIA GPU, kernels compiled for it:
// FORGE_HIP_LIBRARY=libforge_hip_on_cuda.so. Handles are CUDA's own behind HIP's names.
#include "plugins/sm90/adapter/context.hpp"

using namespace forge::hip;   // NOLINT(google-build-using-namespace): C's functions, HIP's names
using namespace forge::sm90;  // NOLINT(google-build-using-namespace)

// A definition with another signature than the packs expect does not compile.
#define FORGE_DECLARE(result, name, parameters) \
  extern "C" __attribute__((visibility("default"))) result name parameters;
FORGE_HIP_FUNCTIONS(FORGE_DECLARE)
#undef FORGE_DECLARE

namespace {

// The interface that is provided here: that of HIP 6.2.
constexpr int kHipVersion = 60'200'000;

// More shared memory than this CUDA wants to be asked for first.
constexpr unsigned kSharedUnasked = 48 * 1024;

CUdeviceptr address(const void* memory) { return reinterpret_cast<CUdeviceptr>(memory); }
CUstream cuda(hipStream_t stream) { return reinterpret_cast<CUstream>(stream); }
CUevent cuda(hipEvent_t event) { return reinterpret_cast<CUevent>(event); }
CUmodule cuda(hipModule_t module) { return reinterpret_cast<CUmodule>(module); }
CUgraph cuda(hipGraph_t graph) { return reinterpret_cast<CUgraph>(graph); }
CUgraphExec cuda(hipGraphExec_t exec) { return reinterpret_cast<CUgraphExec>(exec); }

// 0: CUDA has none for it.
int cuda(hipDeviceAttribute_t attribute) {
  switch (attribute) {
    case hipDeviceAttributeClockRate:
      return kCudaClockRate;
    case hipDeviceAttributeIntegrated:
      return kCudaIntegrated;
    case hipDeviceAttributeKernelExecTimeout:
      return kCudaKernelExecTimeout;
    case hipDeviceAttributeL2CacheSize:
      return kCudaL2CacheSize;
    case hipDeviceAttributeMaxThreadsPerBlock:
      return kCudaMaxThreadsPerBlock;
    case hipDeviceAttributeMemoryBusWidth:
      return kCudaMemoryBusWidth;
    case hipDeviceAttributeMemoryClockRate:
      return kCudaMemoryClockRate;
    case hipDeviceAttributeMultiprocessorCount:
      return kCudaMultiprocessorCount;
    case hipDeviceAttributeMaxSharedMemoryPerBlock:
      return kCudaMaxSharedMemoryPerBlock;
    case hipDeviceAttributeWarpSize:
      return kCudaWarpSize;
  }
  return 0;
}

}  // namespace

// ------------------------------------------------------------------ devices

hipError_t hipInit(unsigned flags) {
  if (flags != 0) return remember(hipErrorInvalidValue);
  return with_driver([](const CudaDriver&) { return 0; });
}

hipError_t hipRuntimeGetVersion(int* version) {
  if (!version) return remember(hipErrorInvalidValue);
  *version = kHipVersion;
  return hipSuccess;
}

hipError_t hipDriverGetVersion(int* version) {
  return with_driver([&](const CudaDriver& cu) { return cu.cuDriverGetVersion(version); });
}

hipError_t hipGetDeviceCount(int* count) {
  if (!count) return remember(hipErrorInvalidValue);
  *count = 0;
  const hipError_t error =
      with_driver([&](const CudaDriver& cu) { return cu.cuDeviceGetCount(count); });
  if (error == hipSuccess && *count == 0) return remember(hipErrorNoDevice);
  return error;
}

hipError_t hipDeviceGetByPCIBusId(int* device, const char* pci_id) {
  return with_driver(
      [&](const CudaDriver& cu) { return cu.cuDeviceGetByPCIBusId(device, pci_id); });
}

hipError_t hipDeviceGetPCIBusId(char* pci_id, int length, int device) {
  return with_driver(
      [&](const CudaDriver& cu) { return cu.cuDeviceGetPCIBusId(pci_id, length, device); });
}

hipError_t hipDeviceGetName(char* name, int length, hipDevice_t device) {
  return with_driver(
      [&](const CudaDriver& cu) { return cu.cuDeviceGetName(name, length, device); });
}

hipError_t hipDeviceGetAttribute(int* value, hipDeviceAttribute_t attribute, int device) {
  const int which = cuda(attribute);
  if (which == 0) return remember(hipErrorInvalidValue);
  return with_driver(
      [&](const CudaDriver& cu) { return cu.cuDeviceGetAttribute(value, which, device); });
}

hipError_t hipSetDevice(int device) {
  const CudaDriver* driver = nullptr;
  if (const hipError_t error = start(driver)) return remember(error);
  return remember(use_device(*driver, device));
}

hipError_t hipDeviceSynchronize() {
  return with_context([](const CudaDriver& cu) { return cu.cuCtxSynchronize(); });
}

// ------------------------------------------------------------------ memory

hipError_t hipMemGetInfo(std::size_t* free, std::size_t* total) {
  return with_context([&](const CudaDriver& cu) { return cu.cuMemGetInfo_v2(free, total); });
}

hipError_t hipMalloc(void** memory, std::size_t bytes) {
  if (!memory) return remember(hipErrorInvalidValue);
  *memory = nullptr;
  if (bytes == 0) return hipSuccess;  // CUDA's driver refuses it, HIP does not
  return with_context([&](const CudaDriver& cu) {
    CUdeviceptr allocated = 0;
    const CUresult result = cu.cuMemAlloc_v2(&allocated, bytes);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): how CUDA's driver writes an address
    if (result == 0) *memory = reinterpret_cast<void*>(allocated);
    return result;
  });
}

hipError_t hipFree(void* memory) {
  if (!memory) return hipSuccess;
  return with_context([&](const CudaDriver& cu) { return cu.cuMemFree_v2(address(memory)); });
}

hipError_t hipHostMalloc(void** memory, std::size_t bytes, unsigned flags) {
  if (!memory || flags != hipHostMallocDefault) return remember(hipErrorInvalidValue);
  *memory = nullptr;
  if (bytes == 0) return hipSuccess;
  return with_context([&](const CudaDriver& cu) { return cu.cuMemHostAlloc(memory, bytes, 0); });
}

hipError_t hipHostFree(void* memory) {
  if (!memory) return hipSuccess;
  return with_context([&](const CudaDriver& cu) { return cu.cuMemFreeHost(memory); });
}

// All addresses are of one space, so the driver sees the direction by itself.
hipError_t hipMemcpy(void* to, const void* from, std::size_t bytes, hipMemcpyKind /*kind*/) {
  return with_context(
      [&](const CudaDriver& cu) { return cu.cuMemcpy(address(to), address(from), bytes); });
}

hipError_t hipMemcpyAsync(void* to, const void* from, std::size_t bytes, hipMemcpyKind /*kind*/,
                          hipStream_t stream) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuMemcpyAsync(address(to), address(from), bytes, cuda(stream));
  });
}

hipError_t hipMemsetAsync(void* to, int value, std::size_t bytes, hipStream_t stream) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuMemsetD8Async(address(to), static_cast<unsigned char>(value), bytes, cuda(stream));
  });
}

// ------------------------------------------------------------------ streams and events

hipError_t hipStreamCreateWithFlags(hipStream_t* stream, unsigned flags) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuStreamCreate(reinterpret_cast<CUstream*>(stream), flags);
  });
}

hipError_t hipStreamDestroy(hipStream_t stream) {
  return with_context([&](const CudaDriver& cu) { return cu.cuStreamDestroy_v2(cuda(stream)); });
}

hipError_t hipStreamSynchronize(hipStream_t stream) {
  return with_context([&](const CudaDriver& cu) { return cu.cuStreamSynchronize(cuda(stream)); });
}

hipError_t hipStreamQuery(hipStream_t stream) {
  return with_context([&](const CudaDriver& cu) { return cu.cuStreamQuery(cuda(stream)); });
}

hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned flags) {
  return with_context(
      [&](const CudaDriver& cu) { return cu.cuStreamWaitEvent(cuda(stream), cuda(event), flags); });
}

hipError_t hipEventCreateWithFlags(hipEvent_t* event, unsigned flags) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuEventCreate(reinterpret_cast<CUevent*>(event), flags);
  });
}

hipError_t hipEventDestroy(hipEvent_t event) {
  return with_context([&](const CudaDriver& cu) { return cu.cuEventDestroy_v2(cuda(event)); });
}

hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return with_context(
      [&](const CudaDriver& cu) { return cu.cuEventRecord(cuda(event), cuda(stream)); });
}

hipError_t hipEventQuery(hipEvent_t event) {
  return with_context([&](const CudaDriver& cu) { return cu.cuEventQuery(cuda(event)); });
}

hipError_t hipEventSynchronize(hipEvent_t event) {
  return with_context([&](const CudaDriver& cu) { return cu.cuEventSynchronize(cuda(event)); });
}

hipError_t hipEventElapsedTime(float* milliseconds, hipEvent_t start_event, hipEvent_t stop) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuEventElapsedTime(milliseconds, cuda(start_event), cuda(stop));
  });
}

// ------------------------------------------------------------------ kernels

hipError_t hipModuleLoadData(hipModule_t* module, const void* image) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuModuleLoadData(reinterpret_cast<CUmodule*>(module), image);
  });
}

hipError_t hipModuleUnload(hipModule_t module) {
  return with_context([&](const CudaDriver& cu) { return cu.cuModuleUnload(cuda(module)); });
}

hipError_t hipModuleGetFunction(hipFunction_t* function, hipModule_t module, const char* name) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuModuleGetFunction(reinterpret_cast<CUfunction*>(function), cuda(module), name);
  });
}

hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned grid_x, unsigned grid_y,
                                 unsigned grid_z, unsigned block_x, unsigned block_y,
                                 unsigned block_z, unsigned shared_bytes, hipStream_t stream,
                                 void** parameters, void** extra) {
  return with_context([&](const CudaDriver& cu) {
    if (shared_bytes > kSharedUnasked) {
      const CUresult error =
          cu.cuFuncSetAttribute(reinterpret_cast<CUfunction>(function), kCudaMaxDynamicShared,
                                static_cast<int>(shared_bytes));
      if (error != 0) return error;
    }
    return cu.cuLaunchKernel(reinterpret_cast<CUfunction>(function), grid_x, grid_y, grid_z,
                             block_x, block_y, block_z, shared_bytes, cuda(stream), parameters,
                             extra);
  });
}

// ------------------------------------------------------------------ graphs

hipError_t hipStreamBeginCapture(hipStream_t stream, hipStreamCaptureMode mode) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuStreamBeginCapture_v2(cuda(stream), static_cast<int>(mode));
  });
}

hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t* graph) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuStreamEndCapture(cuda(stream), reinterpret_cast<CUgraph*>(graph));
  });
}

hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t* exec, hipGraph_t graph,
                                        unsigned long long flags) {
  return with_context([&](const CudaDriver& cu) {
    return cu.cuGraphInstantiateWithFlags(reinterpret_cast<CUgraphExec*>(exec), cuda(graph), flags);
  });
}

// The results have the same numbers.
hipError_t hipGraphExecUpdate(hipGraphExec_t exec, hipGraph_t graph, hipGraphNode_t* error_node,
                              hipGraphExecUpdateResult* result) {
  return with_context([&](const CudaDriver& cu) {
    CUgraphExecUpdateResultInfo info{};
    const CUresult updated = cu.cuGraphExecUpdate_v2(cuda(exec), cuda(graph), &info);
    if (error_node) *error_node = reinterpret_cast<hipGraphNode_t>(info.error_node);
    if (result) *result = static_cast<hipGraphExecUpdateResult>(info.result);
    return updated;
  });
}

hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream) {
  return with_context(
      [&](const CudaDriver& cu) { return cu.cuGraphLaunch(cuda(exec), cuda(stream)); });
}

hipError_t hipGraphExecDestroy(hipGraphExec_t exec) {
  return with_context([&](const CudaDriver& cu) { return cu.cuGraphExecDestroy(cuda(exec)); });
}

hipError_t hipGraphDestroy(hipGraph_t graph) {
  return with_context([&](const CudaDriver& cu) { return cu.cuGraphDestroy(cuda(graph)); });
}

// ------------------------------------------------------------------ errors

hipError_t hipGetLastError() { return last_error(); }

// CUDA's own names and texts: they say what happened in the words of its documentation.
const char* hipGetErrorName(hipError_t error) {
  const CudaDriver* cu = CudaDriver::get();
  const char* text = nullptr;
  if (!cu || cu->cuGetErrorName(static_cast<CUresult>(error), &text) != 0) text = nullptr;
  return text ? text : "CUDA_ERROR_UNKNOWN";
}

const char* hipGetErrorString(hipError_t error) {
  const CudaDriver* cu = CudaDriver::get();
  if (!cu) return "libcuda.so.1 of an NVIDIA driver from 12.0 on cannot be loaded";
  const char* text = nullptr;
  if (cu->cuGetErrorString(static_cast<CUresult>(error), &text) != 0) text = nullptr;
  return text ? text : "unknown error";
}
