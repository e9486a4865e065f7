// plugins/hip/runtime/support.hpp: which nodes the packs have kernels for.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_SUPPORT_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_SUPPORT_HPP_

#include "forge/sdk/graph.hpp"
#include "forge/sdk/status.hpp"

namespace forge::hip {

// Ok, or kUnimplemented with the reason.
Status check_node(const sdk::NodeView& node);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_SUPPORT_HPP_
