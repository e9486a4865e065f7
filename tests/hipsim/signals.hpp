// hipsim: a kernel that touches an address that it must not is an error of its launch, not the end
// of the process.
#ifndef FORGE_TESTS_HIPSIM_SIGNALS_HPP_
#define FORGE_TESTS_HIPSIM_SIGNALS_HPP_

#include <csignal>
#include <memory>

namespace hipsim {

// Lets lanes that fault fail their workgroup. Faults of anything else go to the handler that was
// there before. Call before each launch: test frameworks put handlers of their own in place. Does
// nothing under sanitizers, which report such faults themselves.
void arm_signals();

// While one lives, this thread has a stack for handlers: a lane's may be the one that overflowed.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  stack_t before_{};
  bool mine_ = false;
};

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_SIGNALS_HPP_
