// core/text/jinja/children.hpp: the parts of an expression.
#ifndef FORGE_CORE_TEXT_JINJA_CHILDREN_HPP_
#define FORGE_CORE_TEXT_JINJA_CHILDREN_HPP_

#include "core/text/jinja/ast.hpp"

namespace forge::jinja {

// Calls visit(ExpressionPtr&) for every expression between a call's parentheses.
template <class Arguments, class Visit>
void for_each_argument(Arguments& arguments, const Visit& visit) {
  for (auto& value : arguments.positional) visit(value);
  for (auto& named : arguments.named) visit(named.value);
  if (arguments.star) visit(arguments.star);
  if (arguments.double_star) visit(arguments.double_star);
}

// Calls visit(ExpressionPtr&) for every part of an expression, not for the parts' parts.
template <class Visit>
void for_each_child(Expression& node, const Visit& visit) {
  const auto each = [&](auto&... children) { ((children ? visit(children) : void()), ...); };
  switch (node.kind) {
    case ExpressionKind::kConstant:
    case ExpressionKind::kText:
    case ExpressionKind::kName:
      break;
    case ExpressionKind::kTuple:
    case ExpressionKind::kList:
    case ExpressionKind::kConcat:
      for (ExpressionPtr& item : static_cast<ItemsExpression&>(node).items) visit(item);
      break;
    case ExpressionKind::kDict:
      for (auto& pair : static_cast<DictExpression&>(node).pairs) each(pair.key, pair.value);
      break;
    case ExpressionKind::kAttribute:
      visit(static_cast<AttributeExpression&>(node).object);
      break;
    case ExpressionKind::kItem: {
      auto& item = static_cast<ItemExpression&>(node);
      each(item.object, item.key);
      break;
    }
    case ExpressionKind::kSlice: {
      auto& slice = static_cast<SliceExpression&>(node);
      each(slice.object, slice.start, slice.stop, slice.step);
      break;
    }
    case ExpressionKind::kCall: {
      auto& call = static_cast<CallExpression&>(node);
      visit(call.callee);
      for_each_argument(call.arguments, visit);
      break;
    }
    case ExpressionKind::kFilter: {
      auto& filter = static_cast<FilterExpression&>(node);
      each(filter.value);
      for_each_argument(filter.arguments, visit);
      break;
    }
    case ExpressionKind::kTest: {
      auto& test = static_cast<TestExpression&>(node);
      visit(test.value);
      for_each_argument(test.arguments, visit);
      break;
    }
    case ExpressionKind::kNot:
    case ExpressionKind::kSign:
      visit(static_cast<UnaryExpression&>(node).value);
      break;
    case ExpressionKind::kArithmetic:
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: {
      auto& binary = static_cast<BinaryExpression&>(node);
      each(binary.left, binary.right);
      break;
    }
    case ExpressionKind::kCompare: {
      auto& compare = static_cast<CompareExpression&>(node);
      visit(compare.first);
      for (auto& operand : compare.operands) visit(operand.value);
      break;
    }
    case ExpressionKind::kConditional: {
      auto& conditional = static_cast<ConditionalExpression&>(node);
      each(conditional.condition, conditional.value, conditional.otherwise);
      break;
    }
  }
}

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_CHILDREN_HPP_
