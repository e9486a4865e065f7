#include "core/safety/preflight_child.hpp"

#include <fmt/core.h>

#include <cstring>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/device/sysfs.hpp"
#include "core/plugin/instance.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/probe_report.hpp"
#include "core/safety/preflight_stream.hpp"
#include "forge/abi/preflight.h"

namespace forge::safety {
namespace {

using Write = std::function<void(std::string_view)>;

// What a pack without stages of its own may take for its one.
constexpr std::chrono::milliseconds kDeviceLimit{30000};

// A runtime may write these without a NUL.
template <std::size_t kSize>
std::string text_of(const char (&field)[kSize]) {
  return {field, strnlen(field, kSize)};
}

PreflightFacts to_facts(const forge_preflight_facts_v1& record) {
  PreflightFacts facts;
  if (record.memory_free != 0) facts.memory_free = record.memory_free;
  facts.runtime_version = text_of(record.runtime_version);
  facts.runtime_path = text_of(record.runtime_path);
  return facts;
}

forge_device_v1 to_record(const PreflightTarget& target, const std::string& data_directory) {
  forge_device_v1 device = {};
  device.struct_size = sizeof(device);
  device.key = target.key.c_str();
  device.name = target.name.c_str();
  device.processor = target.processor.c_str();
  device.data_directory = data_directory.c_str();
  device.memory_budget = target.memory_budget;
  return device;
}

// One of the pack's own stages.
Status run_stage(const forge_plugin_preflight_v1& preflight, std::uint32_t stage,
                 const forge_device_v1& device, forge_preflight*& session,
                 forge_preflight_facts_v1& facts, const Write& write) {
  forge_message message;
  if (stage == 0) FORGE_TRY(from_abi(preflight.open(&device, &session, &message), message));
  message.text.clear();
  FORGE_TRY(from_abi(preflight.run(session, stage, &facts, &message), message));
  write(fact_lines(to_facts(facts)));
  write(pass_line(stage, message.text));
  return {};
}

// All of them, one after the other.
Status run_stages(const forge_plugin_preflight_v1& preflight, const forge_device_v1& device,
                  const Write& write) {
  for (std::uint32_t i = 0; i < preflight.n_stages; ++i) {
    const forge_preflight_stage_v1& stage = *preflight.stages[i];
    write(list_line(std::chrono::milliseconds(stage.limit_ms), stage.name, stage.purpose));
  }
  forge_preflight* session = nullptr;
  forge_preflight_facts_v1 facts = {};
  facts.struct_size = sizeof(facts);
  for (std::uint32_t i = 0; i < preflight.n_stages; ++i) {
    write(enter_line(i));
    const Status status =
        guarded([&] { return run_stage(preflight, i, device, session, facts, write); });
    if (!status.ok()) return status;
  }
  write(plugin::report_stage(plugin::Stage::kShutdown));
  preflight.close(session);
  return {};
}

// The one stage of a pack that has none of its own.
Status try_device(const plugin::Instance& instance, const forge_device_v1& device) {
  const forge_plugin_kernel_pack_v1& pack = *instance.kernel_pack;
  forge_pack_options_v1 options = {};
  options.struct_size = sizeof(options);
  options.n_threads = 1;
  forge_pack_device* opened = nullptr;
  forge_message message;
  FORGE_TRY(from_abi(pack.device_open(&device, &options, &opened, &message), message));
  message.text.clear();
  if (instance.entry->self_test != nullptr) {
    FORGE_TRY(from_abi(instance.entry->self_test(&message), message));
  }
  pack.device_close(opened);
  return {};
}

Status run_device_stage(const plugin::Instance& instance, const forge_device_v1& device,
                        const Write& write) {
  write(list_line(kDeviceLimit, kDeviceStage, "the pack opens the device and tests itself"));
  write(enter_line(0));
  FORGE_TRY(guarded([&] { return try_device(instance, device); }));
  write(pass_line(0, {}));
  write(plugin::report_stage(plugin::Stage::kShutdown));
  return {};
}

}  // namespace

std::vector<std::string> to_arguments(const PreflightTarget& target) {
  return {std::string(kPreflightFlag),
          target.manifest.string(),
          target.key,
          target.name,
          target.processor,
          fmt::format("{}", target.memory_budget)};
}

Result<PreflightTarget> parse_arguments(std::span<const char* const> arguments) {
  if (arguments.size() != 6 || arguments[0] != kPreflightFlag) {
    return invalid_argument(fmt::format(
        "usage: rocmforge-probe {} MANIFEST PCI_ID NAME PROCESSOR BUDGET 3>&1", kPreflightFlag));
  }
  PreflightTarget target;
  target.manifest = arguments[1];
  target.key = arguments[2];
  target.name = arguments[3];
  target.processor = arguments[4];
  FORGE_ASSIGN(target.memory_budget, device::parse_number(arguments[5]));
  return target;
}

Status run_preflight_child(const PreflightTarget& target, const Write& write) {
  FORGE_ASSIGN(const plugin::Manifest manifest, plugin::read_manifest(target.manifest));
  process_codecs();  // as in the program itself: plugins may ask for the host's codecs
  const plugin::StageObserver enter = [&write](plugin::Stage stage) {
    write(plugin::report_stage(stage));
  };
  enter(plugin::Stage::kOpen);
  FORGE_ASSIGN(const forge_plugin_entry_v1* const entry,
               plugin::open_library(manifest.library_path()));
  FORGE_ASSIGN(
      const plugin::Instance instance,
      plugin::bring_up(*entry, manifest, HostServices::make_permanent(manifest.id).get(), enter));
  if (instance.kernel_pack == nullptr) {
    return invalid_argument(fmt::format("plugin '{}' is no kernel pack", manifest.id));
  }
  const std::string folder = manifest.directory().string();
  const forge_device_v1 device = to_record(target, folder);
  FORGE_TRY(instance.preflight != nullptr ? run_stages(*instance.preflight, device, write)
                                          : run_device_stage(instance, device, write));
  plugin::shut_down(instance);
  return {};
}

}  // namespace forge::safety
