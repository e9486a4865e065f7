// What follows a value: subscripts, calls, filters and tests.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/filters.hpp"
#include "core/text/jinja/parser_nodes.hpp"
#include "core/text/jinja/tests.hpp"

namespace forge::jinja {

void Parser::report_unknown(std::string_view kind, std::string_view name, std::size_t offset) {
  if (lenient_names_) return;
  late_errors_.emplace_back(Error::Kind::kTemplate, fmt::format("No {} named '{}'.", kind, name),
                            offset);
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr value) {
  for (;;) {
    if (at(TokenType::kDot) || at(TokenType::kLeftBracket)) {
      value = parse_subscript(std::move(value));
    } else if (at(TokenType::kLeftParen)) {
      value = parse_call(std::move(value));
    } else {
      return value;
    }
  }
}

ExpressionPtr Parser::parse_filters_and_tests(ExpressionPtr value) {
  for (;;) {
    if (at(TokenType::kPipe)) {
      value = parse_filter(std::move(value), false);
    } else if (at_name("is")) {
      value = parse_test(std::move(value));
    } else if (at(TokenType::kLeftParen)) {
      value = parse_call(std::move(value));
    } else {
      return value;
    }
  }
}

ExpressionPtr Parser::parse_subscript(ExpressionPtr value) {
  const Token token = current_;
  advance();
  const int height = value->height;
  if (token.type == TokenType::kDot) {
    const Token name = current_;
    if (name.type == TokenType::kName) {
      advance();
      auto node = std::make_unique<AttributeExpression>(name.offset, std::string(name.text));
      node->object = std::move(value);
      return finish(std::move(node), height);
    }
    if (name.type != TokenType::kInteger) fail("expected name or number", name.offset);
    auto node = std::make_unique<ItemExpression>(name.offset);
    node->object = std::move(value);
    node->key = parse_number();
    return finish(std::move(node), height);
  }
  bool is_slice = false;
  ExpressionPtr out = parse_subscribed(std::move(value), token.offset, is_slice);
  if (skip(TokenType::kRightBracket)) return out;
  // object[a, b]: the key is a tuple.
  if (is_slice) fail("a slice cannot be part of a tuple", token.offset);
  auto& item = static_cast<ItemExpression&>(*out);
  auto tuple = std::make_unique<ItemsExpression>(ExpressionKind::kTuple, token.offset);
  int tuple_height = item.key->height;
  tuple->items.push_back(std::move(item.key));
  while (!at(TokenType::kRightBracket)) {
    expect(TokenType::kComma);
    tuple->items.push_back(parse_expression());
    if (at(TokenType::kColon)) fail("a slice cannot be part of a tuple", current_.offset);
    tuple_height = std::max(tuple_height, tuple->items.back()->height);
  }
  advance();
  item.key = finish(std::move(tuple), tuple_height);
  item.height = std::max(item.height, item.key->height + 1);
  return out;
}

// What stands first between brackets: a key or a slice. An empty subscript has no key.
ExpressionPtr Parser::parse_subscribed(ExpressionPtr object, std::size_t offset, bool& is_slice) {
  int height = object->height;
  ExpressionPtr first;
  if (!at(TokenType::kColon) && !at(TokenType::kRightBracket)) {
    first = parse_expression();
    height = std::max(height, first->height);
  }
  if (!at(TokenType::kColon)) {
    auto node = std::make_unique<ItemExpression>(offset);
    node->object = std::move(object);
    node->key = std::move(first);
    // object[] asks for the key ().
    if (!node->key) {
      node->key = std::make_unique<ItemsExpression>(ExpressionKind::kTuple, offset);
    }
    return finish(std::move(node), height);
  }
  is_slice = true;
  auto node = std::make_unique<SliceExpression>(offset);
  node->object = std::move(object);
  node->start = std::move(first);
  const auto part = [&]() -> ExpressionPtr {
    if (at(TokenType::kColon) || at(TokenType::kRightBracket) || at(TokenType::kComma))
      return nullptr;
    ExpressionPtr value = parse_expression();
    height = std::max(height, value->height);
    return value;
  };
  advance();
  node->stop = part();
  if (skip(TokenType::kColon)) node->step = part();
  if (!at(TokenType::kRightBracket) && !at(TokenType::kComma)) fail_expected(",");
  return finish(std::move(node), height);
}

CallArguments Parser::parse_arguments() {
  const std::size_t begin = current_.offset;
  const auto ensure = [&](bool valid) {
    if (!valid) fail("invalid syntax for function call expression", begin);
  };
  CallArguments out;
  expect(TokenType::kLeftParen);
  bool first = true;
  while (!at(TokenType::kRightParen)) {
    if (!first) {
      expect(TokenType::kComma);
      if (at(TokenType::kRightParen)) break;
    }
    first = false;
    if (at(TokenType::kMul)) {
      ensure(!out.star && !out.double_star);
      advance();
      out.star = parse_expression();
    } else if (at(TokenType::kPow)) {
      ensure(!out.double_star);
      advance();
      out.double_star = parse_expression();
    } else if (at(TokenType::kName) && look().type == TokenType::kAssign) {
      ensure(!out.double_star);
      std::string name(current_.text);
      advance();
      advance();
      out.named.push_back({std::move(name), parse_expression()});
    } else {
      ensure(!out.star && !out.double_star && out.named.empty());
      out.positional.push_back(parse_expression());
    }
  }
  expect(TokenType::kRightParen);
  return out;
}

ExpressionPtr Parser::parse_call(ExpressionPtr callee) {
  auto node = std::make_unique<CallExpression>(callee->offset);
  node->callee = std::move(callee);
  node->arguments = parse_arguments();
  const int height = std::max(node->callee->height, height_of(node->arguments));
  return finish(std::move(node), height);
}

// A name with dots in it; `first` is where it starts.
std::string Parser::parse_dotted_name(Token& first) {
  first = expect(TokenType::kName);
  std::string name(first.text);
  while (skip(TokenType::kDot)) (name += '.') += expect(TokenType::kName).text;
  return name;
}

// Filters behind a value, or the filters of a block, whose value is null. With `inline_start` the
// first of them has no "|".
ExpressionPtr Parser::parse_filter(ExpressionPtr value, bool inline_start) {
  while (inline_start || skip(TokenType::kPipe)) {
    inline_start = false;
    Token first;
    std::string name = parse_dotted_name(first);
    auto node = std::make_unique<FilterExpression>(first.offset);
    node->filter = find_filter(name);
    if (node->filter == nullptr) report_unknown("filter", name, first.offset);
    node->name = std::move(name);
    node->value = std::move(value);
    if (at(TokenType::kLeftParen)) node->arguments = parse_arguments();
    const int height = std::max(height_of(node->value), height_of(node->arguments));
    value = finish(std::move(node), height);
  }
  return value;
}

ExpressionPtr Parser::parse_test(ExpressionPtr value) {
  advance();
  const std::size_t offset = current_.offset;
  const bool negated = skip_name("not");
  Token first;
  std::string name = parse_dotted_name(first);
  auto node = std::make_unique<TestExpression>(first.offset);
  node->test = find_test(name);
  if (node->test == nullptr) report_unknown("test", name, first.offset);
  node->name = std::move(name);
  node->value = std::move(value);
  const bool starts_value = at(TokenType::kName) || at(TokenType::kString) ||
                            at(TokenType::kInteger) || at(TokenType::kFloat) ||
                            at(TokenType::kLeftBracket) || at(TokenType::kLeftBrace);
  if (at(TokenType::kLeftParen)) {
    node->arguments = parse_arguments();
  } else if (starts_value && !at_name("else") && !at_name("or") && !at_name("and")) {
    if (at_name("is")) fail("You cannot chain multiple tests with is", current_.offset);
    node->arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  const int height = std::max(height_of(node->value), height_of(node->arguments));
  ExpressionPtr out = finish(std::move(node), height);
  if (!negated) return out;
  auto inverse = std::make_unique<UnaryExpression>(ExpressionKind::kNot, offset);
  inverse->value = std::move(out);
  return finish(std::move(inverse), height + 1);
}

}  // namespace forge::jinja
