// Expressions.
#include <fmt/format.h>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/evaluator.hpp"
#include "core/text/jinja/filters.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/source.hpp"
#include "core/text/jinja/tests.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {

Value Evaluator::evaluate(const Expression& expression) {
  step();
  if (++depth_ > options().limits.depth) {
    fail_limit(
        fmt::format("the template calls itself more than {} levels deep", options().limits.depth));
  }
  const Value out = evaluate_node(expression);
  --depth_;
  return out;
}

Value Evaluator::evaluate_node(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return static_cast<const ConstantExpression&>(expression).value;
    case ExpressionKind::kText:
      return static_cast<const TextExpression&>(expression).text.value();
    case ExpressionKind::kName:
      return evaluate_name(static_cast<const NameExpression&>(expression));
    case ExpressionKind::kTuple:
    case ExpressionKind::kList:
      return evaluate_items(static_cast<const ItemsExpression&>(expression));
    case ExpressionKind::kDict:
      return evaluate_dict(static_cast<const DictExpression&>(expression));
    case ExpressionKind::kAttribute:
      return evaluate_attribute(static_cast<const AttributeExpression&>(expression));
    case ExpressionKind::kItem:
      return evaluate_item(static_cast<const ItemExpression&>(expression));
    case ExpressionKind::kSlice:
      return evaluate_slice(static_cast<const SliceExpression&>(expression));
    case ExpressionKind::kCall:
      return evaluate_call(static_cast<const CallExpression&>(expression), nullptr);
    case ExpressionKind::kFilter:
      return evaluate_filter(static_cast<const FilterExpression&>(expression), nullptr);
    case ExpressionKind::kTest:
      return evaluate_test(static_cast<const TestExpression&>(expression));
    case ExpressionKind::kNot: {
      const auto& inverse = static_cast<const UnaryExpression&>(expression);
      return Value::boolean(!is_true(*this, evaluate(*inverse.value)));
    }
    case ExpressionKind::kSign: {
      const auto& sign = static_cast<const UnaryExpression&>(expression);
      const Value value = evaluate(*sign.value);
      offset_ = sign.offset;
      return signed_value(*this, value, sign.negative);
    }
    case ExpressionKind::kArithmetic:
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      return evaluate_binary(static_cast<const BinaryExpression&>(expression));
    case ExpressionKind::kConcat:
      return evaluate_concat(static_cast<const ItemsExpression&>(expression));
    case ExpressionKind::kCompare:
      return evaluate_compare(static_cast<const CompareExpression&>(expression));
    case ExpressionKind::kConditional:
      return evaluate_conditional(static_cast<const ConditionalExpression&>(expression));
  }
  return Value();
}

Value Evaluator::evaluate_optional(const ExpressionPtr& expression) {
  return expression ? evaluate(*expression) : Value::none();
}

Value Evaluator::evaluate_name(const NameExpression& expression) {
  const Value found = frame_->at(expression.ref);
  if (!found.is_missing()) return found;
  return undefined_variable(*this, program_.symbols[expression.symbol]->value());
}

Value Evaluator::evaluate_items(const ItemsExpression& expression) {
  const Value out = expression.kind == ExpressionKind::kList ? heap.list() : heap.tuple();
  out.as_items().reserve(expression.items.size());
  for (const ExpressionPtr& item : expression.items) out.as_items().push_back(evaluate(*item));
  return out;
}

Value Evaluator::evaluate_dict(const DictExpression& expression) {
  const Value out = heap.dict();
  for (const DictExpression::Pair& pair : expression.pairs) {
    const Value key = evaluate(*pair.key);
    const Value value = evaluate(*pair.value);
    offset_ = pair.key->offset;
    out.as_dict().set(*this, key, value);
  }
  return out;
}

Value Evaluator::evaluate_attribute(const AttributeExpression& expression) {
  const Value object = evaluate(*expression.object);
  offset_ = expression.offset;
  return get_attribute(*this, object, expression.name.value());
}

Value Evaluator::evaluate_item(const ItemExpression& expression) {
  const Value object = evaluate(*expression.object);
  const Value key = evaluate(*expression.key);
  offset_ = expression.offset;
  return get_item(*this, object, key);
}

Value Evaluator::evaluate_slice(const SliceExpression& expression) {
  const Value object = evaluate(*expression.object);
  const Value start = evaluate_optional(expression.start);
  const Value stop = evaluate_optional(expression.stop);
  const Value step_size = evaluate_optional(expression.step);
  offset_ = expression.offset;
  return get_slice(*this, object, start, stop, step_size);
}

// `block` is the text of a block, the value of a filter that has none of its own.
Value Evaluator::evaluate_filter(const FilterExpression& expression, const Value* block) {
  Value value;
  if (!expression.value) {
    value = *block;
  } else if (expression.value->kind == ExpressionKind::kFilter) {
    value = evaluate_filter(static_cast<const FilterExpression&>(*expression.value), block);
  } else {
    value = evaluate(*expression.value);
  }
  const Arguments arguments = evaluate_arguments(expression.arguments, nullptr);
  step();
  offset_ = expression.offset;
  if (expression.filter == nullptr)
    fail(fmt::format("No filter named '{}' found.", expression.name));
  return expression.filter->call(*this, value, arguments);
}

Value Evaluator::evaluate_test(const TestExpression& expression) {
  const Value value = evaluate(*expression.value);
  const Arguments arguments = evaluate_arguments(expression.arguments, nullptr);
  offset_ = expression.offset;
  if (expression.test == nullptr) fail(fmt::format("No test named '{}' found.", expression.name));
  return Value::boolean(expression.test->call(*this, value, arguments));
}

Value Evaluator::evaluate_binary(const BinaryExpression& expression) {
  const Value left = evaluate(*expression.left);
  if (expression.kind != ExpressionKind::kArithmetic) {
    const bool decided = is_true(*this, left) == (expression.kind == ExpressionKind::kOr);
    return decided ? left : evaluate(*expression.right);
  }
  const Value right = evaluate(*expression.right);
  offset_ = expression.offset;
  return arithmetic(*this, expression.op, left, right);
}

Value Evaluator::evaluate_concat(const ItemsExpression& expression) {
  std::string out;
  for (const ExpressionPtr& item : expression.items) {
    const Value value = evaluate(*item);
    append_str(*this, out, value);
    if (out.size() > options().limits.memory) fail_limit("a concatenated text is too long");
  }
  step_bytes(out.size());
  return heap.text(out);
}

bool Evaluator::compare(Comparison comparison, const Value& a, const Value& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return equals(*this, a, b);
    case Comparison::kNotEqual:
      return !equals(*this, a, b);
    case Comparison::kLess:
      return ordered(*this, a, b, Order::kLess);
    case Comparison::kLessEqual:
      return ordered(*this, a, b, Order::kLessEqual);
    case Comparison::kGreater:
      return ordered(*this, a, b, Order::kGreater);
    case Comparison::kGreaterEqual:
      return ordered(*this, a, b, Order::kGreaterEqual);
    case Comparison::kIn:
      return contains(*this, b, a);
    case Comparison::kNotIn:
      return !contains(*this, b, a);
  }
  return false;
}

Value Evaluator::evaluate_compare(const CompareExpression& expression) {
  Value left = evaluate(*expression.first);
  for (const CompareExpression::Operand& operand : expression.operands) {
    const Value right = evaluate(*operand.value);
    offset_ = expression.offset;
    if (!compare(operand.comparison, left, right)) return Value::boolean(false);
    left = right;
  }
  return Value::boolean(true);
}

Value Evaluator::evaluate_conditional(const ConditionalExpression& expression) {
  if (is_true(*this, evaluate(*expression.condition))) return evaluate(*expression.value);
  if (expression.otherwise) return evaluate(*expression.otherwise);
  const Position at = position_of(program_.source, expression.offset);
  return undefined_because(*this,
                           fmt::format("the inline if-expression on line {} evaluated to false and "
                                       "no else section was defined.",
                                       at.line));
}

}  // namespace forge::jinja
