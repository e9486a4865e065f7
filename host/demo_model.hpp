// host/demo_model.hpp: the small model that is part of the program, so that a first run needs no
// download.
#ifndef FORGE_HOST_DEMO_MODEL_HPP_
#define FORGE_HOST_DEMO_MODEL_HPP_

#include <cstddef>
#include <span>

namespace forge {

// A GGUF file (models/demo-qwen3.gguf); starts at a multiple of 64 and lives as long as the
// program.
std::span<const std::byte> demo_model();

}  // namespace forge

#endif  // FORGE_HOST_DEMO_MODEL_HPP_
