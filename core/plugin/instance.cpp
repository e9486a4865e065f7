#include "core/plugin/instance.hpp"

#include <fmt/core.h>

#include <exception>
#include <iterator>
#include <mutex>
#include <set>
#include <type_traits>
#include <utility>

#include "core/base/host_services.hpp"
#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/plugin/negotiation.hpp"

namespace forge::plugin {
namespace {

constexpr std::string_view kStageNames[] = {"open", "initialize", "self_test", "interfaces",
                                            "shutdown"};

// initialize() may be called once for a library, whoever loads it.
bool first_time(const forge_plugin_entry_v1& entry) {
  static auto* mutex = new std::mutex;
  static auto* seen = new std::set<const forge_plugin_entry_v1*>;
  const std::scoped_lock lock(*mutex);
  return seen->insert(&entry).second;
}

Status threw(std::string_view slot, std::string_view what) {
  return failed_precondition(
      fmt::format("{}() threw an exception ({}); nothing may be thrown across the plugin boundary",
                  slot, what));
}

// Runs one slot of the plugin; what it throws becomes a Status.
template <class Call>
Status guarded_slot(std::string_view slot, Call call) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
      call();
      return {};
    } else {
      return call();
    }
  } catch (const std::exception& error) {
    return threw(slot, printable(error.what()));
  } catch (...) {
    return threw(slot, "of unknown type");
  }
}

Status initialize(const forge_plugin_entry_v1& entry, const forge_host_v1* host) {
  return guarded_slot("initialize", [&] {
    forge_message message;
    const forge_status code = entry.initialize(host, &message);
    return from_abi(code, message).with_prefix("initialize(): ");
  });
}

Status self_test(const forge_plugin_entry_v1& entry) {
  if (entry.self_test == nullptr) return {};
  return guarded_slot("self_test", [&] {
    forge_message message;
    const forge_status code = entry.self_test(&message);
    return from_abi(code, message).with_prefix("self_test(): ");
  });
}

template <class Record>
Status fetch(const forge_plugin_entry_v1& entry, const char* id, Status (*check)(const Record*),
             const Record** out) {
  FORGE_TRY(guarded_slot("get_interface",
                         [&] { *out = static_cast<const Record*>(entry.get_interface(id)); }));
  return check(*out);
}

Status fetch_interfaces(const Manifest& manifest, Instance& out) {
  if (manifest.has(Kind::kKernelPack)) {
    FORGE_TRY(
        fetch(*out.entry, FORGE_INTERFACE_KERNEL_PACK_V1, check_kernel_pack, &out.kernel_pack));
    FORGE_TRY(fetch(*out.entry, FORGE_INTERFACE_PREFLIGHT_V1, check_preflight, &out.preflight));
    FORGE_TRY(fetch(*out.entry, FORGE_INTERFACE_LIMITS_V1, check_limits, &out.limits));
    FORGE_TRY(fetch(*out.entry, FORGE_INTERFACE_IDLE_V1, check_idle, &out.idle));
  }
  if (manifest.has(Kind::kCodec)) {
    FORGE_TRY(fetch(*out.entry, FORGE_INTERFACE_CODECS_V1, check_codecs, &out.codecs));
  }
  if (manifest.has(Kind::kArchitecture)) {
    FORGE_TRY(
        fetch(*out.entry, FORGE_INTERFACE_ARCHITECTURE_V1, check_architecture, &out.architecture));
  }
  return {};
}

}  // namespace

std::string_view stage_name(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }

std::optional<Stage> stage_by_name(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kStageNames); ++i) {
    if (kStageNames[i] == name) return static_cast<Stage>(i);
  }
  return std::nullopt;
}

std::string_view stage_phrase(Stage stage) {
  switch (stage) {
    case Stage::kOpen:
      return "while its library was opened";
    case Stage::kInitialize:
      return "in initialize()";
    case Stage::kSelfTest:
      return "in self_test()";
    case Stage::kInterfaces:
      return "in get_interface()";
    case Stage::kShutdown:
      return "in shutdown()";
  }
  return "at an unknown place";
}

Result<Instance> bring_up(const forge_plugin_entry_v1& entry, const Manifest& manifest,
                          const forge_host_v1* host, const StageObserver& observer) {
  const auto enter = [&observer](Stage stage) {
    if (observer) observer(stage);
  };
  FORGE_TRY(check_entry(entry, manifest));
  if (!first_time(entry)) {
    return already_exists(
        "this process has loaded its library before; a plugin is initialised "
        "once");
  }
  Instance instance;
  instance.entry = &entry;
  enter(Stage::kInitialize);
  FORGE_TRY(initialize(entry, host));
  enter(Stage::kSelfTest);
  Status status = self_test(entry);
  if (status.ok()) {
    enter(Stage::kInterfaces);
    status = fetch_interfaces(manifest, instance);
  }
  if (!status.ok()) {
    enter(Stage::kShutdown);
    shut_down(instance);
    return status;
  }
  return instance;
}

void shut_down(const Instance& instance) {
  if (instance.entry == nullptr || instance.entry->shutdown == nullptr) return;
  const Status status = guarded_slot("shutdown", instance.entry->shutdown);
  if (!status.ok()) log::get("plugin").error("{}: {}", instance.entry->id, status.message());
}

}  // namespace forge::plugin
