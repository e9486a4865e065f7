#include "plugins/hip/runtime/kernels.hpp"

#include <fstream>
#include <iterator>

namespace forge::hip {

std::string code_object_path(const PackTraits& traits, const forge_device_v1& device) {
  const std::string file = traits.code_object != nullptr ? std::string(traits.code_object)
                                                         : std::string(device.processor) + ".hsaco";
  return std::string(device.data_directory) + "/" + file;
}

Result<std::unique_ptr<KernelSet>> KernelSet::load(std::shared_ptr<Gpu> gpu,
                                                   const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() || image.empty())
    return not_found("the kernels' file '" + path +
                     "' cannot be read; install the pack's folder as a whole");
  auto set = std::unique_ptr<KernelSet>(new KernelSet(std::move(gpu)));
  set->image_ = std::move(image);
  set->image_.push_back('\0');  // HIP is not told its size: an image that is text ends here
  Gpu& device = *set->gpu_;
  FORGE_TRY(device.check(device.api().hipModuleLoadData(&set->module_, set->image_.data()),
                         "hipModuleLoadData of '" + path + "'"));
  return set;
}

KernelSet::~KernelSet() {
  if (module_ != nullptr && gpu_->enter().ok()) gpu_->api().hipModuleUnload(module_);
}

Result<hipFunction_t> KernelSet::find(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto known = found_.find(name);
  if (known != found_.end()) return known->second;
  hipFunction_t function = nullptr;
  FORGE_TRY(gpu_->check(gpu_->api().hipModuleGetFunction(&function, module_, name.c_str()),
                        "hipModuleGetFunction of '" + name + "'"));
  found_.emplace(name, function);
  return function;
}

Status KernelSet::launch_bytes(const Stream& stream, hipFunction_t kernel, const char* name,
                               Grid grid, std::uint32_t n_threads, void* args) const {
  void* parameters[] = {args};
  const hipError_t error =
      gpu_->api().hipModuleLaunchKernel(kernel, grid.x, grid.y, grid.z, n_threads, 1, 1,
                                        grid.unused_lds, stream.get(), parameters, nullptr);
  if (error == hipSuccess) return {};
  return gpu_->check(error, std::string("launching ") + name);
}

}  // namespace forge::hip
