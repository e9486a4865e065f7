// core/graph/reference/pack.hpp: the reference executor.
//
// Plain C++ that defines what every op of forge/abi/graph.h means: values are f32, every sum is
// kept in double precision, in order. It is a kernel pack like any other (id "reference", always
// present, never preferred): the oracle of the conformance suite, and the fallback for ops no other
// pack runs. One thread.
#ifndef FORGE_CORE_GRAPH_REFERENCE_PACK_HPP_
#define FORGE_CORE_GRAPH_REFERENCE_PACK_HPP_

#include "forge/abi/kernel_pack.h"

namespace forge::graph {

// Weight codecs are looked up through the host interface "forge.host.codecs/1".
const forge_plugin_kernel_pack_v1& reference_pack();

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_REFERENCE_PACK_HPP_
