// plugins/sm90/adapter/context.hpp: HIP's current device, as CUDA's current context.
#ifndef FORGE_PLUGINS_SM90_ADAPTER_CONTEXT_HPP_
#define FORGE_PLUGINS_SM90_ADAPTER_CONTEXT_HPP_

#include "plugins/hip/runtime/hip_types.hpp"
#include "plugins/sm90/adapter/cuda_driver.hpp"

namespace forge::sm90 {

// CUDA's errors have HIP's numbers, as far as HIP has them; the others become the nearest.
hip::hipError_t error_of(CUresult error);

// Keeps an error for last_error() and passes it on.
hip::hipError_t remember(hip::hipError_t error);
// The thread's last error, which is forgotten with that.
hip::hipError_t last_error();

// Starts the driver once for the process.
hip::hipError_t start(const CudaDriver*& driver);

// From now on this thread uses the primary context of the device. Threads begin with device 0.
hip::hipError_t use_device(const CudaDriver& driver, int device);
// What use_device() chose is current in CUDA too.
hip::hipError_t make_current(const CudaDriver& driver);

// body(driver) gives a CUresult; the thread's context is current.
template <class Body>
hip::hipError_t with_context(Body&& body) {
  const CudaDriver* driver = nullptr;
  hip::hipError_t error = start(driver);
  if (error == hip::hipSuccess) error = make_current(*driver);
  if (error == hip::hipSuccess) error = error_of(body(*driver));
  return remember(error);
}

// The same without a context: for questions about devices.
template <class Body>
hip::hipError_t with_driver(Body&& body) {
  const CudaDriver* driver = nullptr;
  hip::hipError_t error = start(driver);
  if (error == hip::hipSuccess) error = error_of(body(*driver));
  return remember(error);
}

}  // namespace forge::sm90

#endif  // FORGE_PLUGINS_SM90_ADAPTER_CONTEXT_HPP_
