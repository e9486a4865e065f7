#include "tests/hipsim/fibers.hpp"

#include <sys/mman.h>

#include "tests/hipsim/options.hpp"
#include "tests/hipsim/sanitizers.hpp"

#if HIPSIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if HIPSIM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace hipsim {
namespace {

constexpr std::size_t kPage = 4096;
// Pages are taken as they are touched. The address sanitizer makes frames several times as large.
#if HIPSIM_ASAN
constexpr std::size_t kStackBytes = std::size_t{1} << 20;
#else
constexpr std::size_t kStackBytes = std::size_t{1} << 18;
#endif

}  // namespace

Fiber::Fiber(Body body, void* argument) : body_(body), argument_(argument) {
  // One page that nothing may touch below the stack: an overflow is an error, not a wrong result.
  mapping_ = mmap(nullptr, kStackBytes + kPage, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED || mprotect(mapping_, kPage, PROT_NONE) != 0)
    give_up("no memory for a lane's stack");
  stack_ = static_cast<std::byte*>(mapping_) + kPage;
  restart();
}

Fiber::~Fiber() {
#if HIPSIM_TSAN
  __tsan_destroy_fiber(tsan_fiber_);
#endif
#if HIPSIM_ASAN
  __asan_unpoison_memory_region(stack_, kStackBytes);
#endif
  munmap(mapping_, kStackBytes + kPage);
}

void Fiber::restart() {
#if HIPSIM_ASAN
  __asan_unpoison_memory_region(stack_, kStackBytes);
#endif
#if HIPSIM_TSAN
  if (tsan_fiber_) __tsan_destroy_fiber(tsan_fiber_);
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
  fake_stack_ = nullptr;
  context_ = boost::context::detail::make_fcontext(stack_ + kStackBytes, kStackBytes, &enter);
}

void Fiber::resume() {
#if HIPSIM_ASAN
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, stack_, kStackBytes);
#endif
#if HIPSIM_TSAN
  tsan_caller_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
  context_ = boost::context::detail::jump_fcontext(context_, this).fctx;
#if HIPSIM_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
#if HIPSIM_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, caller_stack_, caller_stack_bytes_);
#endif
#if HIPSIM_TSAN
  __tsan_switch_to_fiber(tsan_caller_, 0);
#endif
  suspended_by(boost::context::detail::jump_fcontext(caller_, nullptr).fctx);
}

void Fiber::suspended_by(boost::context::detail::fcontext_t caller) {
#if HIPSIM_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, &caller_stack_, &caller_stack_bytes_);
#endif
  caller_ = caller;
}

void Fiber::enter(boost::context::detail::transfer_t from) {
  auto* fiber = static_cast<Fiber*>(from.data);
  fiber->suspended_by(from.fctx);
  for (;;) {
    fiber->body_(fiber->argument_);
    fiber->suspend();
  }
}

}  // namespace hipsim
