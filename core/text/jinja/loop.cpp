#include "core/text/jinja/loop.hpp"

#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"

namespace forge::jinja {

Loop::Loop(Runtime& runtime, const Value& items)
    : items_(items), iterator_(&iterate(runtime, items)) {}

bool Loop::advance(Runtime& runtime, Value& item) {
  if (!after_.is_missing()) {
    item = after_;
    after_ = Value();
  } else if (!iterator_->next(runtime, item)) {
    return false;
  }
  ++index0_;
  before_ = current_;
  current_ = item;
  return true;
}

bool Loop::peek(Runtime& runtime) {
  return !after_.is_missing() || iterator_->next(runtime, after_);
}

std::int64_t Loop::length(Runtime& runtime) {
  if (length_ >= 0) return length_;
  if (items_.type() != Type::kIterator && items_.type() != Type::kLoop) {
    length_ = static_cast<std::int64_t>(length_of(runtime, items_));
    return length_;
  }
  const Value rest = list_of(runtime, Value::iterator(iterator_));
  iterator_ = &iterate(runtime, rest);
  length_ =
      static_cast<std::int64_t>(rest.as_items().size()) + index() + (after_.is_missing() ? 0 : 1);
  return length_;
}

Value Loop::attribute(Runtime& runtime, std::string_view name) {
  if (name == "index") return Value::integer(index());
  if (name == "index0") return Value::integer(index0_);
  if (name == "first") return Value::boolean(index0_ == 0);
  if (name == "last") return Value::boolean(!peek(runtime));
  if (name == "length") return Value::integer(length(runtime));
  if (name == "revindex") return Value::integer(length(runtime) - index0_);
  if (name == "revindex0") return Value::integer(length(runtime) - index());
  if (name == "depth") return Value::integer(depth0 + 1);
  if (name == "depth0") return Value::integer(depth0);
  if (name == "previtem") {
    return index0_ == 0 ? undefined_because(runtime, "there is no previous item") : before_;
  }
  if (name == "nextitem") {
    return peek(runtime) ? after_ : undefined_because(runtime, "there is no next item");
  }
  if (name == "cycle") {
    return runtime.heap.function(
        "cycle",
        [](Runtime&, const Value& self, const Arguments& arguments) {
          return self.as_loop().cycle(arguments);
        },
        Value::loop(this));
  }
  if (name == "changed") {
    return runtime.heap.function(
        "changed",
        [](Runtime& rt, const Value& self, const Arguments& arguments) {
          return Value::boolean(self.as_loop().changed(rt, arguments));
        },
        Value::loop(this));
  }
  return Value();
}

Value Loop::cycle(const Arguments& arguments) const {
  if (arguments.positional_count == 0) fail("no items for cycling given");
  return arguments.positional[static_cast<std::size_t>(index0_) % arguments.positional_count];
}

bool Loop::changed(Runtime& runtime, const Arguments& arguments) {
  const Value now = runtime.heap.tuple();
  now.as_items().assign(arguments.positional, arguments.positional + arguments.positional_count);
  if (!last_changed_.is_missing() && equals(runtime, last_changed_, now)) return false;
  last_changed_ = now;
  return true;
}

}  // namespace forge::jinja
