#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/number.hpp"
#include "core/text/jinja/parser_nodes.hpp"

namespace forge::jinja {
int Parser::height_of(const CallArguments& arguments) {
  int height = std::max(height_of(arguments.star), height_of(arguments.double_star));
  for (const ExpressionPtr& value : arguments.positional) height = std::max(height, value->height);
  for (const auto& named : arguments.named) height = std::max(height, named.value->height);
  return height;
}

ExpressionPtr Parser::parse_expression(bool conditional) {
  return conditional ? parse_conditional() : parse_or();
}

ExpressionPtr Parser::parse_conditional() {
  const Depth depth(*this);
  const std::size_t errors = late_errors_.size();
  ExpressionPtr value = parse_or();
  while (at_name("if")) {
    auto node = std::make_unique<ConditionalExpression>(current_.offset);
    advance();
    // Unknown filters in a part that is not reached do not matter.
    late_errors_.erase(late_errors_.begin() + static_cast<std::ptrdiff_t>(errors),
                       late_errors_.end());
    const bool lenient = std::exchange(lenient_names_, true);
    node->value = std::move(value);
    node->condition = parse_or();
    if (skip_name("else")) node->otherwise = parse_conditional();
    lenient_names_ = lenient;
    const int height =
        std::max({height_of(node->value), height_of(node->condition), height_of(node->otherwise)});
    value = finish(std::move(node), height);
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  ExpressionPtr left = parse_and();
  while (at_name("or")) {
    auto node = std::make_unique<BinaryExpression>(ExpressionKind::kOr, current_.offset);
    advance();
    node->left = std::move(left);
    node->right = parse_and();
    const int height = std::max(node->left->height, node->right->height);
    left = finish(std::move(node), height);
  }
  return left;
}

ExpressionPtr Parser::parse_and() {
  ExpressionPtr left = parse_not();
  while (at_name("and")) {
    auto node = std::make_unique<BinaryExpression>(ExpressionKind::kAnd, current_.offset);
    advance();
    node->left = std::move(left);
    node->right = parse_not();
    const int height = std::max(node->left->height, node->right->height);
    left = finish(std::move(node), height);
  }
  return left;
}

ExpressionPtr Parser::parse_not() {
  if (!at_name("not")) return parse_compare();
  const Depth depth(*this);
  auto node = std::make_unique<UnaryExpression>(ExpressionKind::kNot, current_.offset);
  advance();
  node->value = parse_not();
  const int height = node->value->height;
  return finish(std::move(node), height);
}

// Takes a comparison operator, when there is one.
std::optional<Comparison> Parser::parse_comparison() {
  std::optional<Comparison> out;
  switch (current_.type) {
    case TokenType::kEqual:
      out = Comparison::kEqual;
      break;
    case TokenType::kNotEqual:
      out = Comparison::kNotEqual;
      break;
    case TokenType::kLess:
      out = Comparison::kLess;
      break;
    case TokenType::kLessEqual:
      out = Comparison::kLessEqual;
      break;
    case TokenType::kGreater:
      out = Comparison::kGreater;
      break;
    case TokenType::kGreaterEqual:
      out = Comparison::kGreaterEqual;
      break;
    case TokenType::kName:
      if (current_.text == "in") {
        out = Comparison::kIn;
      } else if (current_.text == "not" && look().type == TokenType::kName && look().text == "in") {
        advance();
        out = Comparison::kNotIn;
      }
      break;
    default:
      break;
  }
  if (out) advance();
  return out;
}

ExpressionPtr Parser::parse_compare() {
  ExpressionPtr first = parse_sum();
  const std::size_t offset = current_.offset;
  auto comparison = parse_comparison();
  if (!comparison) return first;
  auto node = std::make_unique<CompareExpression>(offset);
  node->height = first->height;
  node->first = std::move(first);
  for (; comparison; comparison = parse_comparison()) {
    node->operands.push_back({*comparison, parse_sum()});
    node->height = std::max(node->height, node->operands.back().value->height);
  }
  const int height = node->height;
  return finish(std::move(node), height);
}

ExpressionPtr Parser::parse_sum() {
  ExpressionPtr left = parse_concat();
  while (at(TokenType::kAdd) || at(TokenType::kSub)) {
    auto node = std::make_unique<BinaryExpression>(ExpressionKind::kArithmetic, current_.offset);
    node->op = at(TokenType::kAdd) ? Operator::kAdd : Operator::kSubtract;
    advance();
    node->left = std::move(left);
    node->right = parse_concat();
    const int height = std::max(node->left->height, node->right->height);
    left = finish(std::move(node), height);
  }
  return left;
}

ExpressionPtr Parser::parse_concat() {
  ExpressionPtr first = parse_product();
  if (!at(TokenType::kTilde)) return first;
  auto node = std::make_unique<ItemsExpression>(ExpressionKind::kConcat, current_.offset);
  int height = first->height;
  node->items.push_back(std::move(first));
  while (skip(TokenType::kTilde)) {
    node->items.push_back(parse_product());
    height = std::max(height, node->items.back()->height);
  }
  return finish(std::move(node), height);
}

ExpressionPtr Parser::parse_product() {
  ExpressionPtr left = parse_power();
  for (;;) {
    Operator op = Operator::kMultiply;
    if (at(TokenType::kDiv)) {
      op = Operator::kDivide;
    } else if (at(TokenType::kFloorDiv)) {
      op = Operator::kFloorDivide;
    } else if (at(TokenType::kMod)) {
      op = Operator::kModulo;
    } else if (!at(TokenType::kMul)) {
      return left;
    }
    auto node = std::make_unique<BinaryExpression>(ExpressionKind::kArithmetic, current_.offset);
    node->op = op;
    advance();
    node->left = std::move(left);
    node->right = parse_power();
    const int height = std::max(node->left->height, node->right->height);
    left = finish(std::move(node), height);
  }
}

// Left to right, unlike in Python: 2 ** 3 ** 2 is 64.
ExpressionPtr Parser::parse_power() {
  ExpressionPtr left = parse_unary();
  while (at(TokenType::kPow)) {
    auto node = std::make_unique<BinaryExpression>(ExpressionKind::kArithmetic, current_.offset);
    node->op = Operator::kPower;
    advance();
    node->left = std::move(left);
    node->right = parse_unary();
    const int height = std::max(node->left->height, node->right->height);
    left = finish(std::move(node), height);
  }
  return left;
}

ExpressionPtr Parser::parse_unary(bool with_filter) {
  ExpressionPtr value;
  if (at(TokenType::kSub) || at(TokenType::kAdd)) {
    const Depth depth(*this);
    auto node = std::make_unique<UnaryExpression>(ExpressionKind::kSign, current_.offset);
    node->negative = at(TokenType::kSub);
    advance();
    node->value = parse_unary(false);
    const int height = node->value->height;
    value = finish(std::move(node), height);
  } else {
    value = parse_primary();
  }
  value = parse_postfix(std::move(value));
  return with_filter ? parse_filters_and_tests(std::move(value)) : std::move(value);
}

ExpressionPtr Parser::parse_name(bool target) {
  const Token name = current_;
  advance();
  const std::string_view text = name.text;
  if (text == "true" || text == "True" || text == "false" || text == "False") {
    const bool truth = text == "true" || text == "True";
    return std::make_unique<ConstantExpression>(name.offset, Value::boolean(truth));
  }
  if (text == "none" || text == "None") {
    return std::make_unique<ConstantExpression>(name.offset, Value::none());
  }
  if (!target) note_name(text, false, name.offset);
  return std::make_unique<NameExpression>(name.offset, intern(text));
}

ExpressionPtr Parser::parse_number() {
  const Token token = current_;
  advance();
  if (token.type == TokenType::kFloat) {
    const double value = parse_float(token.text).value_or(0.0);
    return std::make_unique<ConstantExpression>(token.offset, Value::real(value));
  }
  const auto number = parse_int(token.text, 0);
  if (!number) fail("a number has too many digits", token.offset);
  if (const auto small = number->to_int64()) {
    return std::make_unique<ConstantExpression>(token.offset, Value::integer(*small));
  }
  auto node = std::make_unique<ConstantExpression>(token.offset, Value());
  node->big = *number;
  node->value = Value::big(&node->big);
  return node;
}

ExpressionPtr Parser::parse_primary(bool target) {
  switch (current_.type) {
    case TokenType::kName:
      return parse_name(target);
    case TokenType::kString: {
      const std::size_t offset = current_.offset;
      std::string text;
      while (at(TokenType::kString)) {
        text += unescape(current_.text, current_.offset);
        advance();
      }
      return std::make_unique<TextExpression>(offset, std::move(text));
    }
    case TokenType::kInteger:
    case TokenType::kFloat:
      return parse_number();
    case TokenType::kLeftParen: {
      advance();
      ExpressionPtr inner = parse_tuple({.parenthesized = true});
      expect(TokenType::kRightParen);
      return inner;
    }
    case TokenType::kLeftBracket:
      return parse_list();
    case TokenType::kLeftBrace:
      return parse_dict();
    default:
      fail(fmt::format("unexpected '{}'", describe(current_)), current_.offset);
  }
}

ExpressionPtr Parser::parse_tuple(const TupleRules& rules) {
  const Depth depth(*this);
  auto node = std::make_unique<ItemsExpression>(ExpressionKind::kTuple, current_.offset);
  int height = 0;
  bool is_tuple = false;
  for (;;) {
    if (!node->items.empty()) expect(TokenType::kComma);
    if (at(TokenType::kVariableEnd) || at(TokenType::kBlockEnd) || at(TokenType::kRightParen)) {
      break;
    }
    node->items.push_back(rules.targets ? parse_primary(true)
                                        : parse_expression(rules.conditional));
    height = std::max(height, node->items.back()->height);
    if (!at(TokenType::kComma)) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!node->items.empty()) return std::move(node->items.front());
    if (!rules.parenthesized) {
      fail(fmt::format("Expected an expression, got '{}'", describe(current_)), current_.offset);
    }
  }
  return finish(std::move(node), height);
}

ExpressionPtr Parser::parse_list() {
  auto node = std::make_unique<ItemsExpression>(ExpressionKind::kList, current_.offset);
  int height = 0;
  expect(TokenType::kLeftBracket);
  while (!at(TokenType::kRightBracket)) {
    if (!node->items.empty()) expect(TokenType::kComma);
    if (at(TokenType::kRightBracket)) break;
    node->items.push_back(parse_expression());
    height = std::max(height, node->items.back()->height);
  }
  expect(TokenType::kRightBracket);
  return finish(std::move(node), height);
}

ExpressionPtr Parser::parse_dict() {
  auto node = std::make_unique<DictExpression>(current_.offset);
  int height = 0;
  expect(TokenType::kLeftBrace);
  while (!at(TokenType::kRightBrace)) {
    if (!node->pairs.empty()) expect(TokenType::kComma);
    if (at(TokenType::kRightBrace)) break;
    ExpressionPtr key = parse_expression();
    expect(TokenType::kColon);
    ExpressionPtr value = parse_expression();
    height = std::max({height, key->height, value->height});
    node->pairs.push_back({std::move(key), std::move(value)});
  }
  expect(TokenType::kRightBrace);
  return finish(std::move(node), height);
}

}  // namespace forge::jinja
