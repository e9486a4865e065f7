#include "host/cli/interrupt.hpp"

#include <unistd.h>

#include <atomic>

#include "host/cli/exit_code.hpp"

namespace forge::cli {
namespace {

std::atomic<bool> g_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the handler may touch nothing else");

extern "C" void on_interrupt(int) {
  if (g_requested.exchange(true)) _exit(kExitInterrupted);
}

}  // namespace

Interrupt::Interrupt() {
  reset();
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  // No SA_RESTART: a read that waits for the user has to come back.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_);
}

Interrupt::~Interrupt() { sigaction(SIGINT, &previous_, nullptr); }

bool Interrupt::requested() { return g_requested.load(); }

void Interrupt::reset() { g_requested.store(false); }

Status Interrupt::check() { return requested() ? cancelled("stopped by Ctrl-C") : Status(); }

}  // namespace forge::cli
