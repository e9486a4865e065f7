// core/text/jinja/loop.hpp: the `loop` variable of a for block.
#ifndef FORGE_CORE_TEXT_JINJA_LOOP_HPP_
#define FORGE_CORE_TEXT_JINJA_LOOP_HPP_

#include <cstdint>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

struct ForStatement;
struct Frame;

// Walks over the items of a for block. It looks one item ahead only when asked to (loop.last,
// loop.nextitem), and at all of them for loop.length, as lazily made items may have effects.
class Loop {
 public:
  Loop(Runtime& runtime, const Value& items);

  // Goes to the next item; false at the end.
  bool advance(Runtime& runtime, Value& item);

  // loop.<name>: index, length, previtem, cycle ... Missing when there is no such attribute.
  Value attribute(Runtime& runtime, std::string_view name);
  std::int64_t length(Runtime& runtime);
  std::int64_t index() const { return index0_ + 1; }
  // loop.cycle(a, b): the argument whose turn it is.
  Value cycle(const Arguments& arguments) const;
  // loop.changed(a, b): whether the arguments differ from those of the call before.
  bool changed(Runtime& runtime, const Arguments& arguments);

  // For recursive loops: what to render again.
  const ForStatement* statement = nullptr;
  Frame* frame = nullptr;
  int depth0 = 0;

 private:
  bool peek(Runtime& runtime);

  Value items_;
  Iterator* iterator_;
  Value after_;  // missing: not looked at yet, or nothing there
  Value current_;
  Value before_;
  Value last_changed_;
  std::int64_t index0_ = -1;
  std::int64_t length_ = -1;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_LOOP_HPP_
