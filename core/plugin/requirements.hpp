// core/plugin/requirements.hpp: a manifest held against the machine.
#ifndef FORGE_CORE_PLUGIN_REQUIREMENTS_HPP_
#define FORGE_CORE_PLUGIN_REQUIREMENTS_HPP_

#include "core/device/survey.hpp"
#include "core/plugin/candidate.hpp"

namespace forge::plugin {

// Adds to `candidate`, whose manifest is sound, what of its requirements the machine does not meet:
// ABI, files, processor features and, for a GPU pack, devices and ROCm. Fills devices (best first),
// score and notes.
//
// Score of a kernel pack on a device, so that memory decides between cards and a card comes before
// the CPU:
//   discrete GPU                      3000 + 10 per GiB of VRAM (at most 900), + 5 without a
//   display integrated or unknown GPU         2000 + compute units; with fewer than 8: 500 +
//   compute units,
//                                     for that is slower than the processor beside it
//   CPU                               1000 + bits of the widest vector it requires (AMX: 768)
//                                     + 1 per required feature
void check_requirements(const device::Survey& survey, Candidate& candidate);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_REQUIREMENTS_HPP_
