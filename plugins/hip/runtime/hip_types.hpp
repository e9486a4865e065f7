// plugins/hip/runtime/hip_types.hpp: the part of HIP's C interface that the packs use, in own
// words.
//
// Own declarations instead of <hip/hip_runtime_api.h>: a machine without ROCm builds everything,
// and one build works with every libamdhip64 from ROCm 5.2 to 7. Only what has the same binary form
// in all of them is here. hipDeviceProp_t, whose layout changed with 6.0, is not.
//
// Names are HIP's own, within forge::hip. Where HIP's headers are installed, a test compares every
// value and the shape of every function with them.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_HIP_TYPES_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_HIP_TYPES_HPP_

#include <cstddef>
#include <cstdint>

namespace forge::hip {

enum hipError_t : std::uint32_t {
  hipSuccess = 0,
  hipErrorInvalidValue = 1,
  hipErrorOutOfMemory = 2,
  hipErrorNotInitialized = 3,
  hipErrorDeinitialized = 4,
  hipErrorInvalidConfiguration = 9,
  hipErrorInvalidDevicePointer = 17,
  hipErrorInvalidMemcpyDirection = 21,
  hipErrorInsufficientDriver = 35,
  hipErrorPriorLaunchFailure = 53,
  hipErrorInvalidDeviceFunction = 98,
  hipErrorNoDevice = 100,
  hipErrorInvalidDevice = 101,
  hipErrorInvalidImage = 200,
  hipErrorInvalidContext = 201,
  hipErrorMapFailed = 205,
  hipErrorNoBinaryForGpu = 209,
  hipErrorECCNotCorrectable = 214,
  hipErrorInvalidKernelFile = 218,
  hipErrorSharedObjectInitFailed = 303,
  hipErrorOperatingSystem = 304,
  hipErrorInvalidHandle = 400,
  hipErrorIllegalState = 401,
  hipErrorNotFound = 500,
  hipErrorNotReady = 600,
  hipErrorIllegalAddress = 700,
  hipErrorLaunchOutOfResources = 701,
  hipErrorLaunchTimeOut = 702,
  hipErrorContextIsDestroyed = 709,
  hipErrorAssert = 710,
  hipErrorLaunchFailure = 719,
  hipErrorNotSupported = 801,
  hipErrorStreamCaptureUnsupported = 900,
  hipErrorStreamCaptureInvalidated = 901,
  hipErrorStreamCaptureMerge = 902,
  hipErrorStreamCaptureUnmatched = 903,
  hipErrorStreamCaptureUnjoined = 904,
  hipErrorStreamCaptureIsolation = 905,
  hipErrorStreamCaptureImplicit = 906,
  hipErrorCapturedEvent = 907,
  hipErrorStreamCaptureWrongThread = 908,
  hipErrorGraphExecUpdateFailure = 910,
  hipErrorUnknown = 999,
};

enum hipMemcpyKind : std::uint32_t {
  hipMemcpyHostToHost = 0,
  hipMemcpyHostToDevice = 1,
  hipMemcpyDeviceToHost = 2,
  hipMemcpyDeviceToDevice = 3,
  hipMemcpyDefault = 4,
};

// Attributes whose numbers are the same from ROCm 5.2 to 7: 6.0 took four out of the list (Arch,
// GcnArch, GcnArchName, Name, Uuid) and left their numbers unused. Before 5.0 all were different.
enum hipDeviceAttribute_t : std::uint32_t {
  hipDeviceAttributeClockRate = 5,  // kHz
  hipDeviceAttributeIntegrated = 16,
  hipDeviceAttributeKernelExecTimeout = 18,
  hipDeviceAttributeL2CacheSize = 19,  // bytes
  hipDeviceAttributeMaxThreadsPerBlock = 56,
  hipDeviceAttributeMemoryBusWidth = 59,       // bits
  hipDeviceAttributeMemoryClockRate = 60,      // kHz
  hipDeviceAttributeMultiprocessorCount = 63,  // gfx11, gfx12: pairs of compute units, not units
  hipDeviceAttributeMaxSharedMemoryPerBlock = 74,  // bytes
  hipDeviceAttributeWarpSize = 87,
};

enum hipStreamCaptureMode : std::uint32_t {
  hipStreamCaptureModeGlobal = 0,
  hipStreamCaptureModeThreadLocal = 1,
  hipStreamCaptureModeRelaxed = 2,
};

enum hipGraphExecUpdateResult : std::uint32_t {
  hipGraphExecUpdateSuccess = 0,
  hipGraphExecUpdateError = 1,
  hipGraphExecUpdateErrorTopologyChanged = 2,
  hipGraphExecUpdateErrorNodeTypeChanged = 3,
  hipGraphExecUpdateErrorFunctionChanged = 4,
  hipGraphExecUpdateErrorParametersChanged = 5,
  hipGraphExecUpdateErrorNotSupported = 6,
};

inline constexpr unsigned hipStreamNonBlocking = 0x1;
inline constexpr unsigned hipEventDisableTiming = 0x2;
inline constexpr unsigned hipHostMallocDefault = 0x0;

using hipDevice_t = int;
using hipStream_t = struct ihipStream_t*;  // null: the default stream
using hipEvent_t = struct ihipEvent_t*;
using hipModule_t = struct ihipModule_t*;
using hipFunction_t = struct ihipModuleSymbol_t*;
using hipGraph_t = struct ihipGraph*;
using hipGraphExec_t = struct hipGraphExec*;
using hipGraphNode_t = struct hipGraphNode*;

}  // namespace forge::hip

// The functions: X(result, name, (parameters)). Of the graph functions these have one signature in
// all versions; CUDA's counterparts of hipGraphInstantiate and hipGraphExecUpdate changed theirs
// with CUDA 12, HIP's did not.
// clang-format off
#define FORGE_HIP_FUNCTIONS(X)                                                                    \
  X(hipError_t, hipInit, (unsigned flags))                                                        \
  X(hipError_t, hipRuntimeGetVersion, (int* version))                                             \
  X(hipError_t, hipDriverGetVersion, (int* version))                                              \
  X(hipError_t, hipGetDeviceCount, (int* count))                                                  \
  X(hipError_t, hipDeviceGetByPCIBusId, (int* device, const char* pci_id))                        \
  X(hipError_t, hipDeviceGetPCIBusId, (char* pci_id, int length, int device))                     \
  X(hipError_t, hipDeviceGetName, (char* name, int length, hipDevice_t device))                   \
  X(hipError_t, hipDeviceGetAttribute, (int* value, hipDeviceAttribute_t attribute, int device))  \
  X(hipError_t, hipSetDevice, (int device))                                                       \
  X(hipError_t, hipDeviceSynchronize, ())                                                         \
  X(hipError_t, hipMemGetInfo, (std::size_t* free, std::size_t* total))                           \
  X(hipError_t, hipMalloc, (void** memory, std::size_t bytes))                                    \
  X(hipError_t, hipFree, (void* memory))                                                          \
  X(hipError_t, hipHostMalloc, (void** memory, std::size_t bytes, unsigned flags))                \
  X(hipError_t, hipHostFree, (void* memory))                                                      \
  X(hipError_t, hipMemcpy, (void* to, const void* from, std::size_t bytes, hipMemcpyKind kind))   \
  X(hipError_t, hipMemcpyAsync, (void* to, const void* from, std::size_t bytes, hipMemcpyKind kind, hipStream_t stream)) \
  X(hipError_t, hipMemsetAsync, (void* to, int value, std::size_t bytes, hipStream_t stream))     \
  X(hipError_t, hipStreamCreateWithFlags, (hipStream_t* stream, unsigned flags))                  \
  X(hipError_t, hipStreamDestroy, (hipStream_t stream))                                           \
  X(hipError_t, hipStreamSynchronize, (hipStream_t stream))                                       \
  X(hipError_t, hipStreamQuery, (hipStream_t stream))                                             \
  X(hipError_t, hipStreamWaitEvent, (hipStream_t stream, hipEvent_t event, unsigned flags))       \
  X(hipError_t, hipEventCreateWithFlags, (hipEvent_t* event, unsigned flags))                     \
  X(hipError_t, hipEventDestroy, (hipEvent_t event))                                              \
  X(hipError_t, hipEventRecord, (hipEvent_t event, hipStream_t stream))                           \
  X(hipError_t, hipEventQuery, (hipEvent_t event))                                                \
  X(hipError_t, hipEventSynchronize, (hipEvent_t event))                                          \
  X(hipError_t, hipEventElapsedTime, (float* milliseconds, hipEvent_t start, hipEvent_t stop))    \
  X(hipError_t, hipModuleLoadData, (hipModule_t* module, const void* image))                      \
  X(hipError_t, hipModuleUnload, (hipModule_t module))                                            \
  X(hipError_t, hipModuleGetFunction, (hipFunction_t* function, hipModule_t module, const char* name)) \
  X(hipError_t, hipModuleLaunchKernel, (hipFunction_t function, unsigned grid_x, unsigned grid_y, unsigned grid_z, \
      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes, hipStream_t stream, \
      void** parameters, void** extra))                                                           \
  X(hipError_t, hipStreamBeginCapture, (hipStream_t stream, hipStreamCaptureMode mode))           \
  X(hipError_t, hipStreamEndCapture, (hipStream_t stream, hipGraph_t* graph))                     \
  X(hipError_t, hipGraphInstantiateWithFlags, (hipGraphExec_t* exec, hipGraph_t graph, unsigned long long flags)) \
  X(hipError_t, hipGraphExecUpdate, (hipGraphExec_t exec, hipGraph_t graph, hipGraphNode_t* error_node, hipGraphExecUpdateResult* result)) \
  X(hipError_t, hipGraphLaunch, (hipGraphExec_t exec, hipStream_t stream))                        \
  X(hipError_t, hipGraphExecDestroy, (hipGraphExec_t exec))                                       \
  X(hipError_t, hipGraphDestroy, (hipGraph_t graph))                                              \
  X(hipError_t, hipGetLastError, ())                                                              \
  X(const char*, hipGetErrorName, (hipError_t error))                                             \
  X(const char*, hipGetErrorString, (hipError_t error))
// clang-format on

#endif  // FORGE_PLUGINS_HIP_RUNTIME_HIP_TYPES_HPP_
