#include "plugins/sm90/adapter/context.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace forge::sm90 {
namespace {

using namespace hip;  // NOLINT(google-build-using-namespace): HIP's names

struct Thread {
  hipError_t last = hipSuccess;
  int device = 0;
  int current = -1;  // the device whose context is current
};

Thread& thread() {
  static thread_local Thread thread;
  return thread;
}

// Primary contexts, each retained once and never released: the process ends with them.
hipError_t context_of(const CudaDriver& driver, int ordinal, CUcontext& context) {
  static std::mutex& mutex = *new std::mutex;
  static std::map<int, CUcontext>& contexts = *new std::map<int, CUcontext>;
  const std::lock_guard lock(mutex);
  if (const auto found = contexts.find(ordinal); found != contexts.end()) {
    context = found->second;
    return hipSuccess;
  }
  CUdevice device = 0;
  if (const hipError_t error = error_of(driver.cuDeviceGet(&device, ordinal))) return error;
  if (const hipError_t error = error_of(driver.cuDevicePrimaryCtxRetain(&context, device)))
    return error;
  contexts.emplace(ordinal, context);
  return hipSuccess;
}

}  // namespace

hipError_t error_of(CUresult error) {
  switch (error) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 100:
    case 101:
    case 200:
    case 201:
    case 205:
    case 209:
    case 214:
    case 218:
    case 303:
    case 304:
    case 400:
    case 401:
    case 500:
    case 600:
    case 700:
    case 701:
    case 702:
    case 709:
    case 710:
    case 719:
    case 801:
    case 900:
    case 901:
    case 902:
    case 903:
    case 904:
    case 905:
    case 906:
    case 907:
    case 908:
    case 910:
      return static_cast<hipError_t>(error);
    case 34:   // CUDA_ERROR_STUB_LIBRARY
    case 802:  // CUDA_ERROR_SYSTEM_NOT_READY
    case 803:  // CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
      return hipErrorInsufficientDriver;
    case 46:  // CUDA_ERROR_DEVICE_UNAVAILABLE
      return hipErrorNoDevice;
    case 222:  // CUDA_ERROR_UNSUPPORTED_PTX_VERSION
      return hipErrorNoBinaryForGpu;
    case 716:  // CUDA_ERROR_MISALIGNED_ADDRESS
    case 717:  // CUDA_ERROR_INVALID_ADDRESS_SPACE
      return hipErrorIllegalAddress;
    case 714:  // CUDA_ERROR_HARDWARE_STACK_ERROR
    case 715:  // CUDA_ERROR_ILLEGAL_INSTRUCTION
    case 718:  // CUDA_ERROR_INVALID_PC
      return hipErrorLaunchFailure;
    default:
      return hipErrorUnknown;
  }
}

hipError_t remember(hipError_t error) {
  if (error != hipSuccess) thread().last = error;
  return error;
}

hipError_t last_error() { return std::exchange(thread().last, hipSuccess); }

hipError_t start(const CudaDriver*& driver) {
  driver = CudaDriver::get();
  if (!driver) return hipErrorNoDevice;
  static const CUresult result = driver->cuInit(0);
  return error_of(result);
}

hipError_t use_device(const CudaDriver& driver, int device) {
  CUcontext context = nullptr;
  if (const hipError_t error = context_of(driver, device, context)) return error;
  thread().device = device;
  return make_current(driver);
}

hipError_t make_current(const CudaDriver& driver) {
  Thread& mine = thread();
  if (mine.current == mine.device) return hipSuccess;
  CUcontext context = nullptr;
  if (const hipError_t error = context_of(driver, mine.device, context)) return error;
  const hipError_t error = error_of(driver.cuCtxSetCurrent(context));
  if (error == hipSuccess) mine.current = mine.device;
  return error;
}

}  // namespace forge::sm90
