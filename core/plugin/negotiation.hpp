// core/plugin/negotiation.hpp: whether what a library says of itself can be worked with.
//
// Pure looks at records: no slot is called.
#ifndef FORGE_CORE_PLUGIN_NEGOTIATION_HPP_
#define FORGE_CORE_PLUGIN_NEGOTIATION_HPP_

#include "core/plugin/manifest.hpp"
#include "forge/abi/arch.h"
#include "forge/abi/codec.h"
#include "forge/abi/idle.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/limits.h"
#include "forge/abi/plugin.h"
#include "forge/abi/preflight.h"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// Same major, record long enough, required slots there, id as in the manifest, sanitizer as this
// program's.
Status check_entry(const forge_plugin_entry_v1& entry, const Manifest& manifest);

// An interface record as get_interface() returned it: there, long enough, required slots not null,
// names and sizes that make sense. nullptr is an error: the manifest promised the interface.
Status check_kernel_pack(const forge_plugin_kernel_pack_v1* pack);
// Optional: nullptr is fine.
Status check_limits(const forge_plugin_limits_v1* limits);
Status check_idle(const forge_plugin_idle_v1* idle);
Status check_codecs(const forge_plugin_codecs_v1* codecs);
Status check_architecture(const forge_plugin_architecture_v1* architecture);

// Stages with names and limits that make sense. nullptr is fine: no manifest promises it.
Status check_preflight(const forge_plugin_preflight_v1* preflight);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_NEGOTIATION_HPP_
