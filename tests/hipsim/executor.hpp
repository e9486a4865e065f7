// hipsim: runs the workgroups of a launch.
#ifndef FORGE_TESTS_HIPSIM_EXECUTOR_HPP_
#define FORGE_TESTS_HIPSIM_EXECUTOR_HPP_

#include <optional>

#include "tests/hipsim/options.hpp"
#include "tests/hipsim/workgroup.hpp"

namespace hipsim {

// Runs all workgroups on up to `threads` threads, this one among them, and waits for them. The
// answer is the fault of the first workgroup that failed. One launch at a time.
std::optional<KernelFault> run_launch(const Launch& launch, const Order& order, unsigned threads);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_EXECUTOR_HPP_
