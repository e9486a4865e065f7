#include "host/demo_model.hpp"

// Made by demo_model.S, which includes the file as it is.
extern "C" {
extern const std::byte forge_demo_model_begin[];
extern const std::byte forge_demo_model_end[];
}

namespace forge {

std::span<const std::byte> demo_model() { return {forge_demo_model_begin, forge_demo_model_end}; }

}  // namespace forge
