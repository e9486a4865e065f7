// host/cli/exit_code.hpp: what the program's exit codes mean. docs/cli.md lists them for users.
#ifndef FORGE_HOST_CLI_EXIT_CODE_HPP_
#define FORGE_HOST_CLI_EXIT_CODE_HPP_

#include <string>
#include <string_view>
#include <utility>

#include "core/safety/obstacle.hpp"
#include "forge/sdk/status.hpp"

namespace forge::cli {

// 10 to 19: a GPU was required (--require-gpu) and could not be used; in the order of
// safety::Obstacle.
enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,          // the command failed; the reason is on standard error
  kExitUsage = 2,          // wrong flags or configuration; nothing was done
  kExitNoGpu = 10,         // no GPU, or no pack for one that may be used
  kExitGpuBusy = 11,       // another process uses it
  kExitGpuAccess = 12,     // its device nodes are missing or may not be opened
  kExitGpuLoad = 13,       // the pack does not load, or cannot open the device
  kExitGpuRuntime = 14,    // stage "runtime"
  kExitGpuMemory = 15,     // stage "memory"
  kExitGpuKernel = 16,     // stage "kernel"
  kExitGpuMatrix = 17,     // stage "matrix"
  kExitGpuOther = 18,      // another stage of the pack, or the work itself
  kExitGpuBudget = 19,     // too little of its memory is free, or it is not known how much
  kExitInterrupted = 130,  // stopped by Ctrl-C: 128 + SIGINT
};

struct ExitCodeInfo {
  ExitCode code;
  std::string_view meaning;
};

// All of them, for help, manual page and docs.
inline constexpr ExitCodeInfo kExitCodes[] = {
    {kExitOk, "done"},
    {kExitError, "the command failed; the reason is on standard error"},
    {kExitUsage, "wrong flags or configuration; nothing was done"},
    {kExitNoGpu, "a GPU was required, and there is none, or no pack for one that may be used"},
    {kExitGpuBusy, "a GPU was required, and another process uses it"},
    {kExitGpuAccess, "a GPU was required, and its device nodes are missing or may not be opened"},
    {kExitGpuLoad, "a GPU was required, and its pack does not load or cannot open the device"},
    {kExitGpuRuntime, "a GPU was required, and failed in stage runtime of its check"},
    {kExitGpuMemory, "a GPU was required, and failed in stage memory of its check"},
    {kExitGpuKernel, "a GPU was required, and failed in stage kernel of its check"},
    {kExitGpuMatrix, "a GPU was required, and failed in stage matrix of its check"},
    {kExitGpuOther, "a GPU was required, and failed in another stage or while it was working"},
    {kExitGpuBudget, "a GPU was required, and too little of its memory is free for the model"},
    {kExitInterrupted, "stopped by Ctrl-C"},
};

constexpr ExitCode exit_code_of(safety::Obstacle obstacle) {
  return static_cast<ExitCode>(kExitNoGpu + static_cast<int>(obstacle));
}

// A Status that ends the program with a code of its own. Its Code is none of forge::Code's, whose
// numbers the ABI gives out; nothing but exit_code() looks at it.
inline constexpr int kExitCodeBase = 1000;
inline Status exit_with(ExitCode code, std::string message) {
  return {static_cast<Code>(kExitCodeBase + code), std::move(message)};
}

// The exit code of a command that ends with `status`.
inline ExitCode exit_code(const Status& status) {
  if (status.ok()) return kExitOk;
  if (status.code() == Code::kCancelled) return kExitInterrupted;
  const int code = static_cast<int>(status.code());
  return code >= kExitCodeBase ? static_cast<ExitCode>(code - kExitCodeBase) : kExitError;
}

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_EXIT_CODE_HPP_
