// core/text/jinja/runtime.hpp: the state of one rendering that values, filters and methods share.
#ifndef FORGE_CORE_TEXT_JINJA_RUNTIME_HPP_
#define FORGE_CORE_TEXT_JINJA_RUNTIME_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/text/jinja/error.hpp"
#include "core/text/jinja/heap.hpp"
#include "core/text/jinja/render_options.hpp"
#include "core/text/jinja/value.hpp"

namespace forge::jinja {

// Used by one thread. Functions that take a Runtime throw Error.
class Runtime {
 public:
  explicit Runtime(const RenderOptions& options)
      : heap(options.limits.memory), options_(options), steps_left_(options.limits.steps) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Heap heap;

  const RenderOptions& options() const { return options_; }

  // Accounts for work: one step, or one for every 64 bytes touched.
  void step(std::uint64_t count = 1) {
    if (count > steps_left_) fail_steps();
    steps_left_ -= count;
  }
  void step_bytes(std::size_t bytes) { step(bytes / 64); }

  // Calls a function, method or macro. Other values are not callable.
  virtual Value call(const Value& callee, const Arguments& arguments) = 0;
  // Renders the body of a recursive loop over other items.
  virtual Value call_loop(Loop& loop, const Value& items) = 0;

  // Counts values inside values while they are printed or compared.
  class Nesting {
   public:
    explicit Nesting(Runtime& runtime) : runtime_(runtime) {
      if (++runtime_.value_depth_ > kMaxValueDepth) fail_nesting();
    }
    ~Nesting() { --runtime_.value_depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Runtime& runtime_;
  };

 protected:
  ~Runtime() = default;

 private:
  [[noreturn]] void fail_steps() const;
  [[noreturn]] static void fail_nesting();

  const RenderOptions& options_;
  std::uint64_t steps_left_;
  int value_depth_ = 0;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_RUNTIME_HPP_
