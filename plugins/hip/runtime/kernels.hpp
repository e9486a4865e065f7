// plugins/hip/runtime/kernels.hpp: the pack's code object and launching what is in it.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_KERNELS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_KERNELS_HPP_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/runtime/gpu.hpp"
#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

struct Grid {
  std::uint32_t x = 1, y = 1, z = 1;
  std::uint32_t unused_lds = 0;  // bytes of each workgroup, see residency.hpp
};

// Where a pack's kernels are for a device.
std::string code_object_path(const PackTraits& traits, const forge_device_v1& device);

// A loaded code object. Thread-safe.
class KernelSet {
 public:
  static Result<std::unique_ptr<KernelSet>> load(std::shared_ptr<Gpu> gpu, const std::string& path);
  ~KernelSet();
  KernelSet(const KernelSet&) = delete;
  KernelSet& operator=(const KernelSet&) = delete;

  Result<hipFunction_t> find(const std::string& name);

  // One launch with the struct of device/args.hpp that the kernel takes.
  template <class Args>
  Status launch(const Stream& stream, hipFunction_t kernel, const char* name, Grid grid,
                const Args& args, std::uint32_t n_threads = kThreads) const {
    Args copy = args;
    return launch_bytes(stream, kernel, name, grid, n_threads, &copy);
  }

 private:
  explicit KernelSet(std::shared_ptr<Gpu> gpu) : gpu_(std::move(gpu)) {}
  Status launch_bytes(const Stream& stream, hipFunction_t kernel, const char* name, Grid grid,
                      std::uint32_t n_threads, void* args) const;

  std::shared_ptr<Gpu> gpu_;
  std::vector<char> image_;  // runtimes may read from it as long as the module lives
  hipModule_t module_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, hipFunction_t> found_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_KERNELS_HPP_
