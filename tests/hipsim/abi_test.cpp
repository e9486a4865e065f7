// The declarations of hip_types.hpp beside HIP's own headers, where those are installed.
#include "plugins/hip/runtime/hip_types.hpp"
#include "tests/catch.hpp"

#if __has_include(<hip/hip_runtime_api.h>)
#define __HIP_PLATFORM_AMD__ 1  // NOLINT(bugprone-reserved-identifier): HIP's own switch
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <hip/hip_runtime_api.h>
#pragma GCC diagnostic pop

#include <type_traits>

// Macros in HIP.
namespace theirs {
constexpr unsigned kStreamNonBlocking = hipStreamNonBlocking;
constexpr unsigned kEventDisableTiming = hipEventDisableTiming;
constexpr unsigned kHostMallocDefault = hipHostMallocDefault;
}  // namespace theirs
#undef hipStreamNonBlocking
#undef hipEventDisableTiming
#undef hipHostMallocDefault

namespace {

namespace ours = forge::hip;

// Passed in the same way: both pointers, or both numbers of one size.
template <class A, class B>
constexpr bool same_form() {
  if constexpr (std::is_void_v<A> || std::is_void_v<B>)
    return std::is_void_v<A> && std::is_void_v<B>;
  else if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>)
    return std::is_pointer_v<std::remove_pointer_t<A>> ==
           std::is_pointer_v<std::remove_pointer_t<B>>;
  else
    return std::is_pointer_v<A> == std::is_pointer_v<B> && sizeof(A) == sizeof(B) &&
           std::is_floating_point_v<A> == std::is_floating_point_v<B>;
}

template <class A, class B>
struct SameFunction : std::false_type {};
template <class R, class... P, class R2, class... P2>
  requires(sizeof...(P) == sizeof...(P2))
struct SameFunction<R(P...), R2(P2...)>
    : std::bool_constant<same_form<R, R2>() && (same_form<P, P2>() && ...)> {};

// HIP has templates of these names besides, so the function must be picked.
using Malloc = ::hipError_t(void**, std::size_t);
using HostMalloc = ::hipError_t(void**, std::size_t, unsigned);
[[maybe_unused]] constexpr Malloc* kMalloc = &::hipMalloc;
[[maybe_unused]] constexpr HostMalloc* kHostMalloc = &::hipHostMalloc;

}  // namespace

namespace forge::hip::declared {
#define FORGE_DECLARE(result, name, parameters) using name##_t = result parameters;
FORGE_HIP_FUNCTIONS(FORGE_DECLARE)
#undef FORGE_DECLARE
}  // namespace forge::hip::declared

namespace {

namespace declared = forge::hip::declared;

static_assert(SameFunction<Malloc, declared::hipMalloc_t>::value);
static_assert(SameFunction<HostMalloc, declared::hipHostMalloc_t>::value);
#define FORGE_SAME(name) \
  static_assert(SameFunction<decltype(::name), declared::name##_t>::value, #name);
FORGE_SAME(hipInit)
FORGE_SAME(hipRuntimeGetVersion)
FORGE_SAME(hipDriverGetVersion)
FORGE_SAME(hipGetDeviceCount)
FORGE_SAME(hipDeviceGetByPCIBusId)
FORGE_SAME(hipDeviceGetPCIBusId)
FORGE_SAME(hipDeviceGetName)
FORGE_SAME(hipDeviceGetAttribute)
FORGE_SAME(hipSetDevice)
FORGE_SAME(hipDeviceSynchronize)
FORGE_SAME(hipMemGetInfo)
FORGE_SAME(hipFree)
FORGE_SAME(hipHostFree)
FORGE_SAME(hipMemcpy)
FORGE_SAME(hipMemcpyAsync)
FORGE_SAME(hipMemsetAsync)
FORGE_SAME(hipStreamCreateWithFlags)
FORGE_SAME(hipStreamDestroy)
FORGE_SAME(hipStreamSynchronize)
FORGE_SAME(hipStreamQuery)
FORGE_SAME(hipStreamWaitEvent)
FORGE_SAME(hipEventCreateWithFlags)
FORGE_SAME(hipEventDestroy)
FORGE_SAME(hipEventRecord)
FORGE_SAME(hipEventQuery)
FORGE_SAME(hipEventSynchronize)
FORGE_SAME(hipEventElapsedTime)
FORGE_SAME(hipModuleLoadData)
FORGE_SAME(hipModuleUnload)
FORGE_SAME(hipModuleGetFunction)
FORGE_SAME(hipModuleLaunchKernel)
FORGE_SAME(hipStreamBeginCapture)
FORGE_SAME(hipStreamEndCapture)
FORGE_SAME(hipGraphInstantiateWithFlags)
FORGE_SAME(hipGraphExecUpdate)
FORGE_SAME(hipGraphLaunch)
FORGE_SAME(hipGraphExecDestroy)
FORGE_SAME(hipGraphDestroy)
FORGE_SAME(hipGetLastError)
FORGE_SAME(hipGetErrorName)
FORGE_SAME(hipGetErrorString)
#undef FORGE_SAME

}  // namespace

TEST_CASE("hip types: values are those of HIP's headers") {
#define FORGE_SAME(name) CHECK(static_cast<unsigned>(ours::name) == static_cast<unsigned>(name));
  FORGE_SAME(hipSuccess)
  FORGE_SAME(hipErrorInvalidValue)
  FORGE_SAME(hipErrorOutOfMemory)
  FORGE_SAME(hipErrorNotInitialized)
  FORGE_SAME(hipErrorDeinitialized)
  FORGE_SAME(hipErrorInvalidConfiguration)
  FORGE_SAME(hipErrorInvalidDevicePointer)
  FORGE_SAME(hipErrorInvalidMemcpyDirection)
  FORGE_SAME(hipErrorInsufficientDriver)
  FORGE_SAME(hipErrorPriorLaunchFailure)
  FORGE_SAME(hipErrorInvalidDeviceFunction)
  FORGE_SAME(hipErrorNoDevice)
  FORGE_SAME(hipErrorInvalidDevice)
  FORGE_SAME(hipErrorInvalidImage)
  FORGE_SAME(hipErrorInvalidContext)
  FORGE_SAME(hipErrorMapFailed)
  FORGE_SAME(hipErrorNoBinaryForGpu)
  FORGE_SAME(hipErrorECCNotCorrectable)
  FORGE_SAME(hipErrorInvalidKernelFile)
  FORGE_SAME(hipErrorSharedObjectInitFailed)
  FORGE_SAME(hipErrorOperatingSystem)
  FORGE_SAME(hipErrorInvalidHandle)
  FORGE_SAME(hipErrorIllegalState)
  FORGE_SAME(hipErrorNotFound)
  FORGE_SAME(hipErrorNotReady)
  FORGE_SAME(hipErrorIllegalAddress)
  FORGE_SAME(hipErrorLaunchOutOfResources)
  FORGE_SAME(hipErrorLaunchTimeOut)
  FORGE_SAME(hipErrorContextIsDestroyed)
  FORGE_SAME(hipErrorAssert)
  FORGE_SAME(hipErrorLaunchFailure)
  FORGE_SAME(hipErrorNotSupported)
  FORGE_SAME(hipErrorStreamCaptureUnsupported)
  FORGE_SAME(hipErrorStreamCaptureInvalidated)
  FORGE_SAME(hipErrorStreamCaptureMerge)
  FORGE_SAME(hipErrorStreamCaptureUnmatched)
  FORGE_SAME(hipErrorStreamCaptureUnjoined)
  FORGE_SAME(hipErrorStreamCaptureIsolation)
  FORGE_SAME(hipErrorStreamCaptureImplicit)
  FORGE_SAME(hipErrorCapturedEvent)
  FORGE_SAME(hipErrorStreamCaptureWrongThread)
  FORGE_SAME(hipErrorGraphExecUpdateFailure)
  FORGE_SAME(hipErrorUnknown)
  FORGE_SAME(hipMemcpyHostToHost)
  FORGE_SAME(hipMemcpyHostToDevice)
  FORGE_SAME(hipMemcpyDeviceToHost)
  FORGE_SAME(hipMemcpyDeviceToDevice)
  FORGE_SAME(hipMemcpyDefault)
  FORGE_SAME(hipDeviceAttributeClockRate)
  FORGE_SAME(hipDeviceAttributeIntegrated)
  FORGE_SAME(hipDeviceAttributeKernelExecTimeout)
  FORGE_SAME(hipDeviceAttributeL2CacheSize)
  FORGE_SAME(hipDeviceAttributeMaxThreadsPerBlock)
  FORGE_SAME(hipDeviceAttributeMemoryBusWidth)
  FORGE_SAME(hipDeviceAttributeMemoryClockRate)
  FORGE_SAME(hipDeviceAttributeMultiprocessorCount)
  FORGE_SAME(hipDeviceAttributeMaxSharedMemoryPerBlock)
  FORGE_SAME(hipDeviceAttributeWarpSize)
  FORGE_SAME(hipStreamCaptureModeGlobal)
  FORGE_SAME(hipStreamCaptureModeThreadLocal)
  FORGE_SAME(hipStreamCaptureModeRelaxed)
  FORGE_SAME(hipGraphExecUpdateSuccess)
  FORGE_SAME(hipGraphExecUpdateError)
  FORGE_SAME(hipGraphExecUpdateErrorTopologyChanged)
  FORGE_SAME(hipGraphExecUpdateErrorNodeTypeChanged)
  FORGE_SAME(hipGraphExecUpdateErrorFunctionChanged)
  FORGE_SAME(hipGraphExecUpdateErrorParametersChanged)
  FORGE_SAME(hipGraphExecUpdateErrorNotSupported)
  CHECK(ours::hipStreamNonBlocking == theirs::kStreamNonBlocking);
  CHECK(ours::hipEventDisableTiming == theirs::kEventDisableTiming);
  CHECK(ours::hipHostMallocDefault == theirs::kHostMallocDefault);
#undef FORGE_SAME
  // Of the list, not of this file: one that was forgotten here shows.
  std::size_t n = 0;
#define FORGE_COUNT(result, name, parameters) ++n;
  FORGE_HIP_FUNCTIONS(FORGE_COUNT)
#undef FORGE_COUNT
  CHECK(n == 43);
}

#else

TEST_CASE("hip types: values are those of HIP's headers") {
  WARN("skipped: <hip/hip_runtime_api.h> is not installed");
}

#endif
