// plugins/gfx1201/traits.hpp: RDNA 4, as the packs' runtime sees it.
#ifndef FORGE_PLUGINS_GFX1201_TRAITS_HPP_
#define FORGE_PLUGINS_GFX1201_TRAITS_HPP_

#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

// HIP counts pairs of compute units: four SIMDs, on each of which four waves of attention hide the
// memory's latency.
inline constexpr PackTraits kTraits = {.id = "gfx1201",
                                       .code_object = nullptr,
                                       .columns = 16,
                                       .skinny_rows = 16,
                                       .workgroups_per_unit = 16,
                                       .fp8_rows = 128};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_GFX1201_TRAITS_HPP_
