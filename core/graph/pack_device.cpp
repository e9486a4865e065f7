#include "core/graph/pack_device.hpp"

#include <fmt/core.h>

#include "core/base/host_services.hpp"
#include "core/graph/reference/pack.hpp"

namespace forge::graph {
namespace {

std::uint32_t flag_of(PromptType prompts) {
  if (prompts == PromptType::kF16) return FORGE_PACK_HALF_PRODUCTS;
  return prompts == PromptType::kFp8 ? FORGE_PACK_FP8_PRODUCTS : 0;
}

}  // namespace

PromptType prompt_type_named(std::string_view name) {
  if (name == "f16") return PromptType::kF16;
  return name == "fp8" ? PromptType::kFp8 : PromptType::kInt8;
}

Result<std::shared_ptr<PackDevice>> PackDevice::open(std::string pack_id,
                                                     const forge_plugin_kernel_pack_v1& record,
                                                     const DeviceOptions& options) {
  forge_device_v1 device = {};
  device.struct_size = sizeof(device);
  device.key = options.key.c_str();
  device.name = options.name.c_str();
  device.processor = options.processor.c_str();
  device.data_directory = options.data_directory.c_str();
  device.memory_budget = options.memory_budget;
  forge_pack_options_v1 pack_options = {};
  pack_options.struct_size = sizeof(pack_options);
  pack_options.n_threads = options.n_threads;
  pack_options.flags = (options.profile ? std::uint32_t{FORGE_PACK_PROFILE} : 0u) |
                       (options.pin ? std::uint32_t{FORGE_PACK_PIN} : 0u) |
                       flag_of(options.prompts);
  forge_pack_device* handle = nullptr;
  forge_message message;
  const forge_status code = record.device_open(&device, &pack_options, &handle, &message);
  FORGE_TRY(
      from_abi(code, message)
          .with_prefix(fmt::format("pack '{}' cannot open device {}: ", pack_id, options.key)));
  return std::shared_ptr<PackDevice>(new PackDevice(std::move(pack_id), record, options, handle));
}

PackDevice::~PackDevice() { record_.device_close(handle_); }

Status PackDevice::supports(const Graph& graph, const Node& node) const {
  const GraphView view(graph, node);
  forge_message message;
  return from_abi(record_.node_supported(handle_, view.get(), 0, &message), message);
}

Result<std::shared_ptr<PackDevice>> open_reference_device(bool profile) {
  DeviceOptions options;
  options.profile = profile;
  return PackDevice::open("reference", reference_pack(), options);
}

}  // namespace forge::graph
