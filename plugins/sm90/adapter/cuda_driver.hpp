// plugins/sm90/adapter/cuda_driver.hpp: the part of CUDA's driver interface that the adapter uses.
//
// Own declarations, as in hip_types.hpp: nothing of CUDA is needed to build. The names are those of
// the symbols in libcuda.so.1; where CUDA's headers replace a name by a newer version of it, the
// version is written out (cuMemAlloc_v2). All of them are in drivers from 12.0 on.
// https://docs.nvidia.com/cuda/cuda-driver-api/
#ifndef FORGE_PLUGINS_SM90_ADAPTER_CUDA_DRIVER_HPP_
#define FORGE_PLUGINS_SM90_ADAPTER_CUDA_DRIVER_HPP_

#include <cstddef>
#include <cstdint>

namespace forge::sm90 {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = std::uint64_t;
using CUcontext = struct CUctx_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUgraphNode = struct CUgraphNode_st*;

struct CUgraphExecUpdateResultInfo {
  int result;  // CUgraphExecUpdateResult
  CUgraphNode error_node;
  CUgraphNode error_from_node;
};
static_assert(sizeof(CUgraphExecUpdateResultInfo) == 24);

// Of CUdevice_attribute.
enum : int {
  kCudaMaxThreadsPerBlock = 1,
  kCudaMaxSharedMemoryPerBlock = 8,
  kCudaWarpSize = 10,
  kCudaClockRate = 13,  // kHz
  kCudaMultiprocessorCount = 16,
  kCudaKernelExecTimeout = 17,
  kCudaIntegrated = 18,
  kCudaMemoryClockRate = 36,  // kHz
  kCudaMemoryBusWidth = 37,   // bits
  kCudaL2CacheSize = 38,      // bytes
};

// Of CUfunction_attribute: bytes of shared memory that launches may ask for.
inline constexpr int kCudaMaxDynamicShared = 8;

// clang-format off
// X(name, (parameters)); all give a CUresult.
#define FORGE_CUDA_FUNCTIONS(X)                                                                   \
  X(cuInit, (unsigned flags))                                                                     \
  X(cuDriverGetVersion, (int* version))                                                           \
  X(cuDeviceGetCount, (int* count))                                                               \
  X(cuDeviceGet, (CUdevice* device, int ordinal))                                                 \
  X(cuDeviceGetByPCIBusId, (CUdevice* device, const char* pci_id))                                \
  X(cuDeviceGetPCIBusId, (char* pci_id, int length, CUdevice device))                             \
  X(cuDeviceGetName, (char* name, int length, CUdevice device))                                   \
  X(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device))                           \
  X(cuDevicePrimaryCtxRetain, (CUcontext* context, CUdevice device))                              \
  X(cuCtxSetCurrent, (CUcontext context))                                                         \
  X(cuCtxSynchronize, ())                                                                         \
  X(cuMemGetInfo_v2, (std::size_t* free, std::size_t* total))                                     \
  X(cuMemAlloc_v2, (CUdeviceptr* memory, std::size_t bytes))                                      \
  X(cuMemFree_v2, (CUdeviceptr memory))                                                           \
  X(cuMemHostAlloc, (void** memory, std::size_t bytes, unsigned flags))                           \
  X(cuMemFreeHost, (void* memory))                                                                \
  X(cuMemcpy, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes))                              \
  X(cuMemcpyAsync, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream))        \
  X(cuMemsetD8Async, (CUdeviceptr to, unsigned char value, std::size_t bytes, CUstream stream))   \
  X(cuStreamCreate, (CUstream* stream, unsigned flags))                                           \
  X(cuStreamDestroy_v2, (CUstream stream))                                                        \
  X(cuStreamSynchronize, (CUstream stream))                                                       \
  X(cuStreamQuery, (CUstream stream))                                                             \
  X(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                          \
  X(cuEventCreate, (CUevent* event, unsigned flags))                                              \
  X(cuEventDestroy_v2, (CUevent event))                                                           \
  X(cuEventRecord, (CUevent event, CUstream stream))                                              \
  X(cuEventQuery, (CUevent event))                                                                \
  X(cuEventSynchronize, (CUevent event))                                                          \
  X(cuEventElapsedTime, (float* milliseconds, CUevent start, CUevent stop))                       \
  X(cuModuleLoadData, (CUmodule* module, const void* image))                                      \
  X(cuModuleUnload, (CUmodule module))                                                            \
  X(cuModuleGetFunction, (CUfunction* function, CUmodule module, const char* name))               \
  X(cuFuncSetAttribute, (CUfunction function, int attribute, int value))                          \
  X(cuLaunchKernel, (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,      \
      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, \
      void** parameters, void** extra))                                                           \
  X(cuStreamBeginCapture_v2, (CUstream stream, int mode))                                         \
  X(cuStreamEndCapture, (CUstream stream, CUgraph* graph))                                        \
  X(cuGraphInstantiateWithFlags, (CUgraphExec* exec, CUgraph graph, unsigned long long flags))    \
  X(cuGraphExecUpdate_v2, (CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo* result)) \
  X(cuGraphLaunch, (CUgraphExec exec, CUstream stream))                                           \
  X(cuGraphExecDestroy, (CUgraphExec exec))                                                       \
  X(cuGraphDestroy, (CUgraph graph))                                                              \
  X(cuGetErrorName, (CUresult error, const char** text))                                          \
  X(cuGetErrorString, (CUresult error, const char** text))
// clang-format on

struct CudaDriver {
#define FORGE_CUDA_MEMBER(name, parameters) CUresult(*name) parameters = nullptr;
  FORGE_CUDA_FUNCTIONS(FORGE_CUDA_MEMBER)
#undef FORGE_CUDA_MEMBER

  // The driver, opened with the first call and never closed. Null: there is none, or it lacks a
  // function. [any thread]
  static const CudaDriver* get();
};

}  // namespace forge::sm90

#endif  // FORGE_PLUGINS_SM90_ADAPTER_CUDA_DRIVER_HPP_
