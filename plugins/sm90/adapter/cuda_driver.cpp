#include "plugins/sm90/adapter/cuda_driver.hpp"

#include <dlfcn.h>

#include <optional>

namespace forge::sm90 {
namespace {

std::optional<CudaDriver> load() {
  void* handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return {};
  CudaDriver driver;
#define FORGE_CUDA_FIND(name, parameters)                                      \
  driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(handle, #name)); \
  if (!driver.name) return {};
  FORGE_CUDA_FUNCTIONS(FORGE_CUDA_FIND)
#undef FORGE_CUDA_FIND
  return driver;
}

}  // namespace

const CudaDriver* CudaDriver::get() {
  static const std::optional<CudaDriver> driver = load();
  return driver ? &*driver : nullptr;
}

}  // namespace forge::sm90
