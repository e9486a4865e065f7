#include "tests/hipsim/signals.hpp"
#include "tests/hipsim/sanitizers.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>

#include "tests/hipsim/workgroup.hpp"

namespace hipsim {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE};
constexpr std::size_t kSignalStackBytes = std::size_t{1} << 16;

// Written only while no launch runs.
std::array<struct sigaction, kSignals.size()> g_before;

constexpr bool sanitized() { return HIPSIM_ASAN != 0 || HIPSIM_TSAN != 0; }

void handle(int signal, siginfo_t* info, void* /*context*/) {
  if (Workgroup* workgroup = Workgroup::running()) workgroup->interrupted(signal, info->si_addr);
  // Not a lane's: what was there before gets it when the instruction runs again.
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (kSignals[i] == signal) sigaction(signal, &g_before[i], nullptr);
}

void* stack_of_this_thread() {
  static thread_local const std::unique_ptr<std::byte[]> stack(new std::byte[kSignalStackBytes]);
  return stack.get();
}

}  // namespace

void arm_signals() {
  if (sanitized()) return;
  struct sigaction action{};
  action.sa_sigaction = &handle;
  // NODEFER: the handler never returns from a lane's fault, so nothing would unblock the signal.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction now{};
    sigaction(kSignals[i], nullptr, &now);
    const bool armed = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &handle;
    if (armed) continue;
    g_before[i] = now;
    sigaction(kSignals[i], &action, nullptr);
  }
}

SignalStack::SignalStack() {
  if (sanitized()) return;
  sigaltstack(nullptr, &before_);
  if ((before_.ss_flags & SS_DISABLE) == 0) return;
  stack_t stack{};
  stack.ss_sp = stack_of_this_thread();
  stack.ss_size = kSignalStackBytes;
  mine_ = sigaltstack(&stack, nullptr) == 0;
}

SignalStack::~SignalStack() {
  if (mine_) sigaltstack(&before_, nullptr);
}

}  // namespace hipsim
