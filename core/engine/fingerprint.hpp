// core/engine/fingerprint.hpp: tells models apart.
#ifndef FORGE_CORE_ENGINE_FINGERPRINT_HPP_
#define FORGE_CORE_ENGINE_FINGERPRINT_HPP_

#include <cstdint>

#include "core/engine/model.hpp"

namespace forge::engine {

// A number for the ops with their parameters and for names, types, shapes and samples of the data
// of all weights (64-bit FNV-1a): the same for the same file, different for another model of the
// same shape. Looks at one page of each weight; says nothing about damage. [any-thread]
std::uint64_t fingerprint(const Model& model);

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_FINGERPRINT_HPP_
