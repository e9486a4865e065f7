#include "plugins/hip/runtime/hip_api.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace forge::hip {
namespace {

constexpr const char* kLibraryVariable = "FORGE_HIP_LIBRARY";

std::vector<std::string> candidates() {
  const char* chosen = std::getenv(kLibraryVariable);  // NOLINT(concurrency-mt-unsafe): reads only
  if (chosen && *chosen) return {chosen};
  std::vector<std::string> names;
  for (const char* folder : {"", "/opt/rocm/lib/"}) {
    for (const char* version : {"", ".7", ".6", ".5"})
      names.push_back(std::string(folder) + "libamdhip64.so" + version);
  }
  return names;
}

std::string dl_error() {
  const char* text = dlerror();  // NOLINT(concurrency-mt-unsafe): the text is this thread's own
  return text ? text : "no reason given";
}

// `reasons` are those of files that are there and cannot be opened.
Status not_loaded(const std::vector<std::string>& names, const std::string& reasons) {
  std::string message = "the HIP library cannot be loaded: ";
  if (!reasons.empty()) {
    message += reasons;
  } else {
    message += "there is no ";
    for (const std::string& name : names) message += (&name == names.data() ? "" : ", ") + name;
  }
  if (const char* chosen = std::getenv(kLibraryVariable); chosen && *chosen)
    message += std::string("; ") + kLibraryVariable + " names it, and so no other was tried";
  else
    message += std::string("; install ROCm's HIP runtime (libamdhip64, 5.2 or newer), or set ") +
               kLibraryVariable + " to where it is";
  return unavailable(std::move(message));
}

// Whether dlopen said so of the file itself, not of one that it needs.
bool is_absent(const std::string& reason, const std::string& name) {
  return reason.starts_with(name + ":") && reason.find("No such file") != std::string::npos;
}

// The file that `function` is in, which may be a dependency of the one that was opened.
std::string file_of(const void* function, std::string opened) {
  Dl_info info{};
  if (dladdr(function, &info) != 0 && info.dli_fname && *info.dli_fname) return info.dli_fname;
  return opened;
}

Status find_functions(HipApi& api) {
  const char* missing = nullptr;
  const auto find = [&](const char* name) {
    void* symbol = dlsym(api.handle, name);
    if (!symbol && !missing) missing = name;
    return symbol;
  };
#define FORGE_HIP_FIND(result, name, parameters) \
  api.name = reinterpret_cast<decltype(api.name)>(find(#name));
  FORGE_HIP_FUNCTIONS(FORGE_HIP_FIND)
#undef FORGE_HIP_FIND
  if (api.hipInit)
    api.library = file_of(reinterpret_cast<const void*>(api.hipInit), std::move(api.library));
  if (missing) {
    return failed_precondition("the HIP library '" + api.library + "' has no function " + missing +
                               "; ROCm 5.2 or newer has it");
  }
  return {};
}

// What to do about an error; empty for the others.
std::string_view hint(hipError_t error) {
  switch (error) {
    case hipErrorOutOfMemory:
      return "the card's memory is full: close what else uses it, or take a shorter context or a "
             "smaller model";
    case hipErrorNoDevice:
    case hipErrorInvalidDevice:
      return "the runtime sees no such card: check that /dev/kfd and /dev/dri/renderD* may be "
             "opened (groups render and video) and that HIP_VISIBLE_DEVICES and "
             "ROCR_VISIBLE_DEVICES do not hide it";
    case hipErrorInsufficientDriver:
    case hipErrorNotInitialized:
    case hipErrorSharedObjectInitFailed:
      return "the amdgpu driver and the HIP runtime do not work together: use versions of one ROCm "
             "release";
    case hipErrorNoBinaryForGpu:
    case hipErrorInvalidImage:
    case hipErrorInvalidKernelFile:
      return "the kernels are for another processor than this card: use the pack that is made for "
             "it, and unset HSA_OVERRIDE_GFX_VERSION";
    case hipErrorNotFound:
      return "the kernels' file lacks something that the pack needs: the two are of different "
             "builds, install them together";
    case hipErrorIllegalAddress:
      return "a kernel read or wrote where it must not; please report it with the model and the "
             "command, and use the processor meanwhile (--safe)";
    case hipErrorLaunchOutOfResources:
      return "a kernel wants more registers or shared memory than the card has; please report it";
    case hipErrorLaunchTimeOut:
    case hipErrorLaunchFailure:
    case hipErrorPriorLaunchFailure:
    case hipErrorContextIsDestroyed:
    case hipErrorUnknown:
      return "a kernel failed, or the driver has reset the card: `dmesg | grep amdgpu` says more; "
             "start again, and use --safe if it comes back";
    case hipErrorECCNotCorrectable:
      return "the card's memory is damaged";
    case hipErrorStreamCaptureUnsupported:
    case hipErrorStreamCaptureInvalidated:
      return "something was done while kernels were recorded that cannot be; please report it";
    default:
      return {};
  }
}

Code code_of(hipError_t error) {
  switch (error) {
    case hipErrorInvalidValue:
    case hipErrorInvalidConfiguration:
    case hipErrorInvalidDevicePointer:
    case hipErrorInvalidMemcpyDirection:
    case hipErrorInvalidHandle:
      return Code::kInvalidArgument;
    case hipErrorOutOfMemory:
      return Code::kResourceExhausted;
    case hipErrorNoDevice:
    case hipErrorInvalidDevice:
    case hipErrorNotReady:
      return Code::kUnavailable;
    case hipErrorNotFound:
      return Code::kNotFound;
    case hipErrorNotInitialized:
    case hipErrorInsufficientDriver:
    case hipErrorSharedObjectInitFailed:
    case hipErrorNoBinaryForGpu:
    case hipErrorInvalidImage:
    case hipErrorInvalidKernelFile:
      return Code::kFailedPrecondition;
    case hipErrorNotSupported:
      return Code::kUnimplemented;
    case hipErrorLaunchTimeOut:
      return Code::kDeadlineExceeded;
    case hipErrorECCNotCorrectable:
      return Code::kDataLoss;
    case hipErrorPriorLaunchFailure:
    case hipErrorContextIsDestroyed:
    case hipErrorLaunchFailure:
    case hipErrorIllegalAddress:
    case hipErrorUnknown:
      return Code::kAborted;
    default:
      return Code::kInternal;
  }
}

std::string text_of(const char* text) { return text ? text : "?"; }

}  // namespace

Result<HipApi> HipApi::load() {
  const std::vector<std::string> names = candidates();
  std::string reasons;
  for (const std::string& name : names) {
    HipApi api;
    api.handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!api.handle) {
      const std::string reason = dl_error();
      if (!is_absent(reason, name)) reasons += (reasons.empty() ? "" : "; ") + reason;
      continue;
    }
    api.library = name;
    FORGE_TRY(find_functions(api));
    return api;
  }
  return not_loaded(names, reasons);
}

Status check(const HipApi& api, hipError_t error, std::string_view call, std::string_view device) {
  if (error == hipSuccess) return {};
  std::string message(call);
  if (!device.empty()) message.append(" on ").append(device);
  const std::string name = text_of(api.hipGetErrorName(error));
  message += " failed: " + name + " (" + std::to_string(static_cast<unsigned>(error));
  // Old versions have no texts and give the name again.
  if (const std::string text = text_of(api.hipGetErrorString(error)); text != name)
    message += ", " + text;
  message += ")";
  if (const std::string_view what = hint(error); !what.empty()) message.append("; ").append(what);
  return {code_of(error), std::move(message)};
}

}  // namespace forge::hip
