// hipsim: stacks that one thread changes between.
#ifndef FORGE_TESTS_HIPSIM_FIBERS_HPP_
#define FORGE_TESTS_HIPSIM_FIBERS_HPP_

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

namespace hipsim {

// A function that runs on a stack of its own, in turn with the thread that resumes it. When it
// returns, the next resume() calls it anew. Belongs to the thread that made it.
class Fiber {
 public:
  using Body = void (*)(void* argument);

  Fiber(Body body, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the body until it suspends or returns. Call from the thread's own stack.
  void resume();
  // Back to where resume() was called. Call from within the body, or from a handler of a signal
  // that interrupted it.
  void suspend();
  // Forgets a suspended body, without unwinding: the next resume() calls it anew.
  void restart();

 private:
  static void enter(boost::context::detail::transfer_t from);
  void suspended_by(boost::context::detail::fcontext_t caller);

  Body body_;
  void* argument_;
  void* mapping_ = nullptr;
  std::byte* stack_ = nullptr;  // lowest address
  boost::context::detail::fcontext_t context_ = nullptr;
  boost::context::detail::fcontext_t caller_ = nullptr;
  // What the sanitizers need to know about the stack that resume() was called on.
  [[maybe_unused]] const void* caller_stack_ = nullptr;
  [[maybe_unused]] std::size_t caller_stack_bytes_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;
  [[maybe_unused]] void* tsan_fiber_ = nullptr;
  [[maybe_unused]] void* tsan_caller_ = nullptr;
};

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_FIBERS_HPP_
