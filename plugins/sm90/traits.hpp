// plugins/sm90/traits.hpp: NVIDIA's Hopper, as the packs' runtime sees it.
#ifndef FORGE_PLUGINS_SM90_TRAITS_HPP_
#define FORGE_PLUGINS_SM90_TRAITS_HPP_

#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

// Tiles of the matrix units have 8 columns (mma.m16n8).
inline constexpr PackTraits kTraits = {.id = "sm90",
                                       .code_object = "sm90.cubin",
                                       .columns = 8,
                                       .skinny_rows = 16,
                                       .workgroups_per_unit = 16,
                                       .gated_groups = 3,
                                       .unit_lds = 228 * 1024,
                                       .fp8_rows = 64};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_SM90_TRAITS_HPP_
