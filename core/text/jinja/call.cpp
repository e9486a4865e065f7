// Calls and macros.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/text/jinja/evaluator.hpp"
#include "core/text/jinja/evaluator_scope.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/parameters.hpp"

namespace forge::jinja {
namespace {

// The keyword arguments of a macro call that its parameters did not take.
class Keywords {
 public:
  explicit Keywords(const Arguments& arguments)
      : rest_(arguments.keywords, arguments.keywords + arguments.keyword_count) {}

  // Removes and returns an argument; missing when it was not given.
  Value take(std::string_view name) {
    const auto found =
        std::find_if(rest_.begin(), rest_.end(), [&](const Keyword& k) { return k.name == name; });
    if (found == rest_.end()) return Value();
    const Value value = found->value;
    rest_.erase(found);
    return value;
  }

  const std::vector<Keyword>& rest() const { return rest_; }

 private:
  std::vector<Keyword> rest_;
};

void reject_keywords(const Macro& macro, const Keywords& keywords) {
  if (keywords.rest().empty()) return;
  const bool caller = std::any_of(keywords.rest().begin(), keywords.rest().end(),
                                  [](const Keyword& k) { return k.name == "caller"; });
  const std::string name = macro.name.empty() ? "None" : fmt::format("'{}'", macro.name);
  if (caller) {
    fail(
        fmt::format("macro {} was invoked with two values for the special caller argument. This "
                    "is most likely a bug.",
                    name));
  }
  fail(fmt::format("macro {} takes no keyword argument '{}'", name, keywords.rest().front().name));
}

}  // namespace

Value Evaluator::evaluate_call(const CallExpression& expression, const Value* caller) {
  const Value callee = evaluate(*expression.callee);
  const Arguments arguments = evaluate_arguments(expression.arguments, caller);
  offset_ = expression.offset;
  return call(callee, arguments);
}

Arguments Evaluator::evaluate_arguments(const CallArguments& arguments, const Value* caller) {
  if (!arguments.star && !arguments.double_star) {
    const std::size_t named = arguments.named.size() + (caller != nullptr ? 1 : 0);
    if (arguments.positional.empty() && named == 0) return {};
    auto* positional = heap.array<Value>(arguments.positional.size());
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
      positional[i] = evaluate(*arguments.positional[i]);
    }
    auto* keywords = heap.array<Keyword>(named);
    for (std::size_t i = 0; i < arguments.named.size(); ++i) {
      keywords[i] = {arguments.named[i].name, evaluate(*arguments.named[i].value)};
    }
    if (caller != nullptr) keywords[named - 1] = {"caller", *caller};
    return {positional, arguments.positional.size(), keywords, named};
  }
  std::vector<Value> positional;
  std::vector<Keyword> keywords;
  for (const ExpressionPtr& value : arguments.positional) positional.push_back(evaluate(*value));
  for (const auto& named : arguments.named) {
    keywords.push_back({named.name, evaluate(*named.value)});
  }
  if (caller != nullptr) keywords.push_back({"caller", *caller});
  if (arguments.star) {
    const Value more = evaluate(*arguments.star);
    offset_ = arguments.star->offset;
    if (!is_iterable(more)) {
      fail(fmt::format("argument after * must be an iterable, not {}", type_name(more)));
    }
    const std::vector<Value> items = items_of(*this, more);
    positional.insert(positional.end(), items.begin(), items.end());
  }
  if (arguments.double_star) {
    const Value more = evaluate(*arguments.double_star);
    offset_ = arguments.double_star->offset;
    if (!more.is_dict()) {
      fail(fmt::format("argument after ** must be a mapping, not {}", type_name(more)));
    }
    for (const Dict::Entry& entry : more.as_dict().entries()) {
      if (!entry.key.is_text()) fail("keywords must be strings");
      keywords.push_back({entry.key.as_view(), entry.value});
    }
  }
  auto* kept_values = heap.array<Value>(positional.size());
  std::copy(positional.begin(), positional.end(), kept_values);
  auto* kept_keywords = heap.array<Keyword>(keywords.size());
  std::copy(keywords.begin(), keywords.end(), kept_keywords);
  return {kept_values, positional.size(), kept_keywords, keywords.size()};
}

Value Evaluator::call(const Value& callee, const Arguments& arguments) {
  step();
  switch (callee.type()) {
    case Type::kFunction: {
      const Function& function = callee.as_function();
      return function.call(*this, function.self, arguments);
    }
    case Type::kMacro:
      return call_macro(callee.as_macro(), arguments);
    case Type::kLoop: {
      const Parameters parameters("LoopContext.__call__", arguments, {"iterable"}, 1);
      return call_loop(callee.as_loop(), parameters[0]);
    }
    case Type::kJoiner: {
      expect_no_arguments("joiner", arguments);
      Joiner& joiner = callee.as_joiner();
      const bool first = !std::exchange(joiner.used, true);
      return first ? heap.borrow("") : joiner.separator;
    }
    case Type::kUndefined:
      fail_undefined(*this, callee);
    default:
      fail(fmt::format("'{}' object is not callable", type_name(callee)));
  }
}

Value Evaluator::call_loop(Loop& loop, const Value& items) {
  if (!loop.statement->recursive) {
    fail("The loop must have the 'recursive' marker to be called recursively.");
  }
  const Scope scope(*this, loop.frame);
  Capture capture(*this);
  execute_for(*loop.statement, items, loop.depth0 + 1);
  return capture.text();
}

// Parameters, in the order and with the rules of Jinja's Macro: what is given by position first,
// then by name, then caller, kwargs and varargs for those that mention them.
void Evaluator::bind_parameters(const Macro& macro, const Arguments& arguments, Frame& frame) {
  const MacroDefinition& definition = *macro.definition;
  const std::size_t count = definition.parameters.size();
  const std::size_t given = std::min(arguments.positional_count, count);
  Keywords keywords(arguments);
  bool has_caller = false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& parameter = definition.parameters[i];
    const Value value = i < given ? arguments.positional[i] : keywords.take(parameter.name);
    if (parameter.name == "caller") has_caller = true;
    frame.values[parameter.slot] = value;
  }
  if (definition.uses_caller && !has_caller) {
    const Value caller = keywords.take("caller");
    const bool set = !caller.is_missing() && !caller.is_none();
    frame.values[definition.caller_slot] =
        set ? caller : undefined_because(*this, "No caller defined");
  }
  if (definition.uses_keywords) {
    const Value rest = heap.dict();
    for (const Keyword& keyword : keywords.rest()) {
      rest.as_dict().set(*this, heap.text(keyword.name), keyword.value);
    }
    frame.values[definition.keywords_slot] = rest;
  } else {
    reject_keywords(macro, keywords);
  }
  if (definition.uses_positional) {
    const Value rest = heap.tuple();
    rest.as_items().assign(arguments.positional + given,
                           arguments.positional + arguments.positional_count);
    frame.values[definition.positional_slot] = rest;
  } else if (arguments.positional_count > count) {
    fail(fmt::format("macro {} takes not more than {} argument(s)",
                     macro.name.empty() ? "None" : fmt::format("'{}'", macro.name), count));
  }
}

Value Evaluator::call_macro(const Macro& macro, const Arguments& arguments) {
  Frame* frame = new_frame(macro.frame, macro.definition->frame);
  bind_parameters(macro, arguments, *frame);
  const Scope scope(*this, frame);
  // Defaults see the parameters before them.
  for (const auto& parameter : macro.definition->parameters) {
    if (!frame->values[parameter.slot].is_missing()) continue;
    frame->values[parameter.slot] =
        parameter.default_value
            ? evaluate(*parameter.default_value)
            : undefined_because(*this,
                                fmt::format("parameter '{}' was not provided", parameter.name));
  }
  Capture capture(*this);
  execute(macro.definition->body);
  return capture.text();
}

}  // namespace forge::jinja
