// core/safety/obstacle.hpp: what kept a GPU from being used.
#ifndef FORGE_CORE_SAFETY_OBSTACLE_HPP_
#define FORGE_CORE_SAFETY_OBSTACLE_HPP_

#include <string_view>

namespace forge::safety {

// Each has an exit code of the program, in this order.
enum class Obstacle {
  kNoGpu,   // no GPU, or no pack that fits one and may be used
  kBusy,    // another process has the lock
  kAccess,  // the device nodes are missing or may not be opened
  kLoad,    // the pack's library, or a device it could not open
  kRuntime,
  kMemory,
  kKernel,
  kMatrix,
  kOther,   // any other stage of a pack, or the work itself
  kBudget,  // too little memory, or not known how much
};

// Of a stage's name (forge/abi/preflight.h).
Obstacle obstacle_of(std::string_view stage);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_OBSTACLE_HPP_
