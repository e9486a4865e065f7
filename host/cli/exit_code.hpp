// host/cli/exit_code.hpp: what the program's exit codes mean. docs/cli.md lists them for users.
#ifndef FORGE_HOST_CLI_EXIT_CODE_HPP_
#define FORGE_HOST_CLI_EXIT_CODE_HPP_

namespace forge::cli {

// 10 to 19 are kept for the safety checks of GPUs, one for each stage.
enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,          // the command failed; the reason is on standard error
  kExitUsage = 2,          // wrong flags or configuration; nothing was done
  kExitInterrupted = 130,  // stopped by Ctrl-C: 128 + SIGINT
};

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_EXIT_CODE_HPP_
