// plugins/hip/runtime/hip_api.hpp: HIP as a table of functions, found at run time.
//
// Who provides them: libamdhip64 of the machine's ROCm; tests put the simulator there, or an
// adapter to another maker's accelerator, with FORGE_HIP_LIBRARY.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_HIP_API_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_HIP_API_HPP_

#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"
#include "plugins/hip/runtime/hip_types.hpp"

namespace forge::hip {

// Immutable once loaded, and so for all threads. Copies are cheap enough to pass around, but nobody
// needs one: the library stays mapped until the process ends, because ROCm's own threads cannot be
// stopped.
struct HipApi {
#define FORGE_HIP_MEMBER(result, name, parameters) result(*name) parameters = nullptr;
  FORGE_HIP_FUNCTIONS(FORGE_HIP_MEMBER)
#undef FORGE_HIP_MEMBER

  std::string library;  // path of the file that provides the functions
  void* handle = nullptr;

  // Opens the library and finds every function, but calls none. Candidates: $FORGE_HIP_LIBRARY and
  // nothing else where that is set; otherwise libamdhip64.so, .so.7, .so.6, .so.5 as the loader
  // finds them, then in /opt/rocm/lib. kUnavailable: none can be opened (all are named with the
  // reason). kFailedPrecondition: one opens but lacks a function. [any thread]
  static Result<HipApi> load();
};

// Success, or what `call` ("hipMalloc of 64 MiB") on `device` ("0000:03:00.0", may be empty) ended
// with: HIP's name and text of the error, and what to do about the common ones.
Status check(const HipApi& api, hipError_t error, std::string_view call, std::string_view device);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_HIP_API_HPP_
