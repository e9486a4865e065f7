// core/base/child_process.hpp: running a helper program that may crash, hang or lie.
#ifndef FORGE_CORE_BASE_CHILD_PROCESS_HPP_
#define FORGE_CORE_BASE_CHILD_PROCESS_HPP_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge {

// Where the child writes its report to.
inline constexpr int kReportDescriptor = 3;

struct ChildOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program's name
  std::chrono::milliseconds limit{10000};
  std::size_t max_report = std::size_t{64} * 1024;  // bytes kept of what it reports
  std::size_t max_output = 4096;                    // last bytes kept of what it prints

  // Told what the child reports as it comes, piece by piece. A time that is returned is the limit
  // from now on, in place of the one before: so each stage of a child's work can have its own.
  std::function<std::optional<std::chrono::milliseconds>(std::string_view piece)> on_report = {};

  // When the limit has run out: SIGTERM, and SIGKILL if that does not end it within this time. 0:
  // SIGKILL at once.
  std::chrono::milliseconds grace{0};

  // Asked several times a second; true ends the child as the limit does. Empty: never.
  std::function<bool()> stop = {};
};

enum class Ending {
  kExited,      // code: exit status
  kSignalled,   // code: signal number
  kTimedOut,    // was killed when the limit ran out
  kStopped,     // was killed because ChildOptions::stop said so
  kUnstoppable  // did not even end when killed: it hangs in the kernel. Left behind
};

struct ChildEnd {
  Ending ending = Ending::kExited;
  int code = 0;
  std::string report;  // what it wrote to kReportDescriptor
  std::string output;  // the end of what it wrote to standard output and error
};

// Runs `program` with the current environment, default signal handling, no standard input and no
// other open files, in a process group of its own, and waits until it ends or `limit` runs out. On
// return nothing of the group is left running (unless kUnstoppable). An error: it could not be
// started. Does not throw. [any-thread]
Result<ChildEnd> run_child(const ChildOptions& options);

// "SIGSEGV"; "signal 63" for those without a name.
std::string signal_name(int number);

}  // namespace forge

#endif  // FORGE_CORE_BASE_CHILD_PROCESS_HPP_
