// host/cli/interrupt.hpp: Ctrl-C for commands that can stop in good order.
//
// While an Interrupt lives, the first Ctrl-C only sets a flag that long work looks at; a second
// one, with the flag still set, ends the program at once. Commands without one end at the first.
#ifndef FORGE_HOST_CLI_INTERRUPT_HPP_
#define FORGE_HOST_CLI_INTERRUPT_HPP_

#include <csignal>

#include "forge/sdk/status.hpp"

namespace forge::cli {

// At most one at a time, on the main thread; requested() and reset() from any thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Ctrl-C was pressed since the start or the last reset().
  static bool requested();
  // Answered: the next Ctrl-C counts as a first one again.
  static void reset();

  // Cancelled when requested, else ok: for FORGE_TRY between pieces of work. Program turns it into
  // exit code 130 without a message.
  static Status check();

 private:
  struct sigaction previous_{};
};

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_INTERRUPT_HPP_
