#include "core/text/jinja/globals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {
namespace {

Value make_range(Runtime& rt, const Value&, const Arguments& args) {
  expect_positional("range", args, 1, 3);
  Range range;
  const bool start = args.positional_count > 1;
  range.stop = to_index(rt, args.positional[start ? 1 : 0]);
  if (start) range.start = to_index(rt, args.positional[0]);
  if (args.positional_count > 2) range.step = to_index(rt, args.positional[2]);
  if (range.step == 0) fail("range() arg 3 must not be zero");
  // Bounds so far apart that their difference overflows are too far apart anyway.
  constexpr std::int64_t kFar = INT64_MAX / 4;
  const auto far = [](std::int64_t i) { return i > kFar || i < -kFar; };
  if (far(range.start) || far(range.stop) || far(range.step) || range.size() > kMaxRange) {
    fail(fmt::format("Range too big. The sandbox blocks ranges larger than MAX_RANGE ({}).",
                     kMaxRange));
  }
  return Value::range(rt.heap.make<Range>(range));
}

Value make_dict(Runtime& rt, const Value&, const Arguments& args) {
  const Value out = rt.heap.dict();
  fill_dict(rt, out.as_dict(), "dict", args);
  return out;
}

Value make_namespace(Runtime& rt, const Value&, const Arguments& args) {
  Namespace* out = rt.heap.make<Namespace>(rt.heap.resource());
  fill_dict(rt, out->attributes, "dict", args);
  return Value::name_space(out);
}

Value make_cycler(Runtime& rt, const Value&, const Arguments& args) {
  expect_positional("cycler", args, 0, static_cast<std::size_t>(-1));
  if (args.positional_count == 0) fail("at least one item has to be provided");
  Cycler* out = rt.heap.make<Cycler>(rt.heap.resource());
  out->items.assign(args.positional, args.positional + args.positional_count);
  return Value::cycler(out);
}

Value make_joiner(Runtime& rt, const Value&, const Arguments& args) {
  const Parameters parameters("joiner", args, {"sep"}, 0);
  Joiner* out = rt.heap.make<Joiner>();
  out->separator = parameters.has(0) ? parameters[0] : rt.heap.borrow(", ");
  return Value::joiner(out);
}

Value raise_exception(Runtime& rt, const Value&, const Arguments& args) {
  const Parameters parameters("raise_exception", args, {"message"}, 1);
  fail(std::string(str_of(rt, parameters[0]).as_view()));
}

Value strftime_now(Runtime& rt, const Value&, const Arguments& args) {
  const Parameters parameters("strftime_now", args, {"format"}, 1);
  require_defined(rt, parameters[0]);
  if (!parameters[0].is_text()) {
    fail(fmt::format("strftime() argument 1 must be str, not {}", type_name(parameters[0])));
  }
  const DateTime now = rt.options().now.value_or(DateTime::now());
  return rt.heap.text(now.format(parameters[0].as_view()));
}

struct Global {
  std::string_view name;
  NativeCall call;
};

constexpr Global kGlobals[] = {
    {"range", make_range},          {"dict", make_dict},     {"namespace", make_namespace},
    {"cycler", make_cycler},        {"joiner", make_joiner}, {"raise_exception", raise_exception},
    {"strftime_now", strftime_now},
};

}  // namespace

Value find_global(Runtime& runtime, std::string_view name) {
  const Global* found = std::find_if(std::begin(kGlobals), std::end(kGlobals),
                                     [&](const Global& g) { return g.name == name; });
  if (found == std::end(kGlobals)) return Value();
  return runtime.heap.function(found->name, found->call, Value());
}

}  // namespace forge::jinja
