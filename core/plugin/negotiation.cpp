#include "core/plugin/negotiation.hpp"

#include <fmt/core.h>

#include <cstring>
#include <string>
#include <string_view>

#include "core/base/quote.hpp"
#include "core/codec/registry.hpp"
#include "forge/sdk/build.hpp"

namespace forge::plugin {
namespace {

// Names are shown and compared: longer ones are taken for a pointer to something else.
constexpr std::size_t kMaxNameBytes = 256;

bool is_name(const char* text) {
  if (text == nullptr) return false;
  const std::size_t size = strnlen(text, kMaxNameBytes + 1);
  return size > 0 && size <= kMaxNameBytes;
}

std::string or_none(std::string_view sanitizer) {
  return sanitizer.empty() ? "none" : quote(sanitizer);
}

Status check_size(std::string_view what, std::uint32_t size, std::size_t needed) {
  if (size >= needed) return {};
  return failed_precondition(
      fmt::format("{} has struct_size {}; ABI {}.{} needs at least {}: rebuild the plugin", what,
                  size, FORGE_ABI_MAJOR, FORGE_ABI_MINOR, needed));
}

Status not_offered(std::string_view interface_id) {
  return failed_precondition(fmt::format(
      "its manifest promises interface {}, but the library does not have it", interface_id));
}

Status check_slot(std::string_view what, std::string_view slot, bool there) {
  if (there) return {};
  return failed_precondition(fmt::format("{}: required slot {} is null", what, slot));
}

Status check_stage(const forge_preflight_stage_v1* stage) {
  FORGE_TRY(check_slot("record", "stages[i]", stage != nullptr));
  FORGE_TRY(check_size("record", stage->struct_size, sizeof(*stage)));
  const bool named = is_name(stage->name) && std::strlen(stage->name) <= FORGE_PREFLIGHT_MAX_NAME &&
                     std::strspn(stage->name, "abcdefghijklmnopqrstuvwxyz0123456789-_") ==
                         std::strlen(stage->name);
  if (!named) {
    return failed_precondition(
        fmt::format("its name is not 1 to {} of a-z, 0-9, '-' and '_'", FORGE_PREFLIGHT_MAX_NAME));
  }
  FORGE_TRY(check_slot("record", "purpose", stage->purpose != nullptr));
  if (stage->limit_ms == 0 || stage->limit_ms > FORGE_PREFLIGHT_MAX_LIMIT_MS) {
    return failed_precondition(fmt::format("its limit is {} ms; 1 to {} are possible",
                                           stage->limit_ms, FORGE_PREFLIGHT_MAX_LIMIT_MS));
  }
  return {};
}

}  // namespace

Status check_entry(const forge_plugin_entry_v1& entry, const Manifest& manifest) {
  if (entry.abi_major != FORGE_ABI_MAJOR) {
    return failed_precondition(fmt::format(
        "the library was compiled for plugin ABI {}.{}, but this program speaks {}.{}: rebuild the "
        "plugin against this version",
        entry.abi_major, entry.abi_minor, FORGE_ABI_MAJOR, FORGE_ABI_MINOR));
  }
  FORGE_TRY(check_size(FORGE_PLUGIN_ENTRY_SYMBOL, entry.struct_size, sizeof(entry)));
  constexpr std::string_view kWhat = FORGE_PLUGIN_ENTRY_SYMBOL;
  FORGE_TRY(check_slot(kWhat, "id", is_name(entry.id)));
  FORGE_TRY(check_slot(kWhat, "version", is_name(entry.version)));
  FORGE_TRY(check_slot(kWhat, "build", entry.build != nullptr));
  FORGE_TRY(check_slot(kWhat, "sanitizer", entry.sanitizer != nullptr));
  FORGE_TRY(check_slot(kWhat, "initialize", entry.initialize != nullptr));
  FORGE_TRY(check_slot(kWhat, "get_interface", entry.get_interface != nullptr));
  if (entry.id != manifest.id) {
    return failed_precondition(fmt::format("the library says it is plugin {}, its manifest says {}",
                                           quote(entry.id), quote(manifest.id)));
  }
  const std::string_view sanitizer(entry.sanitizer, strnlen(entry.sanitizer, kMaxNameBytes));
  if (sanitizer != sdk::kSanitizer) {
    return failed_precondition(
        fmt::format("the library was built with sanitizer {}, this program with {}: build both "
                    "alike",
                    or_none(sanitizer), or_none(sdk::kSanitizer)));
  }
  return {};
}

Status check_kernel_pack(const forge_plugin_kernel_pack_v1* pack) {
  constexpr std::string_view kWhat = FORGE_INTERFACE_KERNEL_PACK_V1;
  if (pack == nullptr) return not_offered(kWhat);
  FORGE_TRY(check_size(kWhat, pack->struct_size, sizeof(*pack)));
  FORGE_TRY(check_slot(kWhat, "device_open", pack->device_open != nullptr));
  FORGE_TRY(check_slot(kWhat, "device_close", pack->device_close != nullptr));
  FORGE_TRY(check_slot(kWhat, "node_supported", pack->node_supported != nullptr));
  FORGE_TRY(check_slot(kWhat, "plan_memory", pack->plan_memory != nullptr));
  FORGE_TRY(check_slot(kWhat, "plan_compile", pack->plan_compile != nullptr));
  FORGE_TRY(check_slot(kWhat, "plan_destroy", pack->plan_destroy != nullptr));
  FORGE_TRY(check_slot(kWhat, "state_create", pack->state_create != nullptr));
  FORGE_TRY(check_slot(kWhat, "state_destroy", pack->state_destroy != nullptr));
  FORGE_TRY(check_slot(kWhat, "state_copy_blocks", pack->state_copy_blocks != nullptr));
  FORGE_TRY(check_slot(kWhat, "state_read_blocks", pack->state_read_blocks != nullptr));
  FORGE_TRY(check_slot(kWhat, "state_write_blocks", pack->state_write_blocks != nullptr));
  FORGE_TRY(check_slot(kWhat, "execute", pack->execute != nullptr));
  FORGE_TRY(check_slot(kWhat, "visit_counters", pack->visit_counters != nullptr));
  FORGE_TRY(check_slot(kWhat, "reset_counters", pack->reset_counters != nullptr));
  // State in slots is optional, but whole: what can be copied can be read and written.
  const int slots = (pack->state_copy_slots != nullptr) + (pack->state_read_slots != nullptr) +
                    (pack->state_write_slots != nullptr);
  return check_slot(kWhat, "state_copy_slots, state_read_slots or state_write_slots (all or none)",
                    slots == 0 || slots == 3);
}

Status check_limits(const forge_plugin_limits_v1* limits) {
  constexpr std::string_view kWhat = FORGE_INTERFACE_LIMITS_V1;
  if (limits == nullptr) return {};
  FORGE_TRY(check_size(kWhat, limits->struct_size, sizeof(*limits)));
  return check_slot(kWhat, "measure", limits->measure != nullptr);
}

Status check_idle(const forge_plugin_idle_v1* idle) {
  constexpr std::string_view kWhat = FORGE_INTERFACE_IDLE_V1;
  if (idle == nullptr) return {};
  FORGE_TRY(check_size(kWhat, idle->struct_size, sizeof(*idle)));
  return check_slot(kWhat, "release", idle->release != nullptr);
}

Status check_codecs(const forge_plugin_codecs_v1* codecs) {
  if (codecs == nullptr) return not_offered(FORGE_INTERFACE_CODECS_V1);
  // Into a registry with the standard codecs and nobody else's: every rule of theirs holds.
  return CodecRegistry().add_all(codecs, "the plugin").with_prefix("codecs: ");
}

Status check_architecture(const forge_plugin_architecture_v1* architecture) {
  constexpr std::string_view kWhat = FORGE_INTERFACE_ARCHITECTURE_V1;
  if (architecture == nullptr) return not_offered(kWhat);
  FORGE_TRY(check_size(kWhat, architecture->struct_size, sizeof(*architecture)));
  FORGE_TRY(check_slot(kWhat, "build", architecture->build != nullptr));
  FORGE_TRY(
      check_slot(kWhat, "names", architecture->names != nullptr && architecture->n_names != 0));
  for (std::uint32_t i = 0; i < architecture->n_names; ++i) {
    FORGE_TRY(check_slot(kWhat, fmt::format("names[{}]", i), is_name(architecture->names[i])));
  }
  return {};
}

Status check_preflight(const forge_plugin_preflight_v1* preflight) {
  constexpr std::string_view kWhat = FORGE_INTERFACE_PREFLIGHT_V1;
  if (preflight == nullptr) return {};
  FORGE_TRY(check_size(kWhat, preflight->struct_size, sizeof(*preflight)));
  FORGE_TRY(check_slot(kWhat, "open", preflight->open != nullptr));
  FORGE_TRY(check_slot(kWhat, "run", preflight->run != nullptr));
  FORGE_TRY(check_slot(kWhat, "close", preflight->close != nullptr));
  FORGE_TRY(check_slot(kWhat, "stages", preflight->stages != nullptr));
  if (preflight->n_stages == 0 || preflight->n_stages > FORGE_PREFLIGHT_MAX_STAGES) {
    return failed_precondition(fmt::format("{} has {} stages; 1 to {} are possible", kWhat,
                                           preflight->n_stages, FORGE_PREFLIGHT_MAX_STAGES));
  }
  for (std::uint32_t i = 0; i < preflight->n_stages; ++i) {
    FORGE_TRY(
        check_stage(preflight->stages[i]).with_prefix(fmt::format("{}: stage {}: ", kWhat, i)));
    for (std::uint32_t j = 0; j < i; ++j) {
      if (std::strcmp(preflight->stages[i]->name, preflight->stages[j]->name) == 0) {
        return failed_precondition(fmt::format("{}: stages {} and {} are both called '{}'", kWhat,
                                               j, i, preflight->stages[i]->name));
      }
    }
  }
  return {};
}

}  // namespace forge::plugin
