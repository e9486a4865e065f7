// core/graph/pack_device.hpp: an open device of a kernel pack, and the C interface in C++ clothes.
#ifndef FORGE_CORE_GRAPH_PACK_DEVICE_HPP_
#define FORGE_CORE_GRAPH_PACK_DEVICE_HPP_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/graph/graph.hpp"
#include "forge/abi/kernel_pack.h"
#include "forge/sdk/status.hpp"

namespace forge::graph {

// What products with quantized weights for many rows may round weights and inputs to, where a pack
// has such kernels. Int8: as for few rows, with the same bits.
enum class PromptType { kInt8, kF16, kFp8 };
// "int8", "f16" or "fp8"; anything else is the first.
PromptType prompt_type_named(std::string_view name);

// How a device is opened; see forge_device_v1 and forge_pack_options_v1.
struct DeviceOptions {
  std::string key = "cpu";
  std::string name = "cpu";
  std::string processor;
  std::string data_directory;
  std::uint64_t memory_budget = 0;  // bytes of the device's own memory; 0: it uses the computer's
  std::string memory_terms;         // how the budget came about, for people
  std::uint32_t n_threads = 0;
  bool profile = false;
  bool pin = false;
  PromptType prompts = PromptType::kInt8;
};

// Told how far loading is, in bytes; false: stop.
using Progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Owns the device; outlives plans made on it. Thread-compatible.
class PackDevice {
 public:
  // `record` belongs to a loaded plugin (or to core) and lives until exit.
  static Result<std::shared_ptr<PackDevice>> open(std::string pack_id,
                                                  const forge_plugin_kernel_pack_v1& record,
                                                  const DeviceOptions& options);
  ~PackDevice();
  PackDevice(const PackDevice&) = delete;
  PackDevice& operator=(const PackDevice&) = delete;

  const std::string& pack_id() const { return pack_id_; }
  const DeviceOptions& options() const { return options_; }
  const forge_plugin_kernel_pack_v1& record() const { return record_; }
  forge_pack_device* handle() const { return handle_; }

  // Ok when the pack runs `node`, whose operands are those of `graph`; else the pack's reason.
  Status supports(const Graph& graph, const Node& node) const;

 private:
  PackDevice(std::string pack_id, const forge_plugin_kernel_pack_v1& record, DeviceOptions options,
             forge_pack_device* handle)
      : pack_id_(std::move(pack_id)),
        record_(record),
        options_(std::move(options)),
        handle_(handle) {}

  std::string pack_id_;
  const forge_plugin_kernel_pack_v1& record_;
  DeviceOptions options_;
  forge_pack_device* handle_;
};

// The reference executor's device (core/graph/reference/pack.hpp).
Result<std::shared_ptr<PackDevice>> open_reference_device(bool profile = false);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_PACK_DEVICE_HPP_
