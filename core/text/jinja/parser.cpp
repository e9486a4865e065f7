#include "core/text/jinja/parser.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/text/jinja/limits.hpp"
#include "core/text/jinja/scope.hpp"

namespace forge::jinja {
namespace {

// Sets a variable for the life of the object.
template <class T>
class Restore {
 public:
  Restore(T& variable, T value) : variable_(variable), old_(std::exchange(variable, value)) {}
  ~Restore() { variable_ = old_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T& variable_;
  T old_;
};

bool is_constant_name(std::string_view name) {
  return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" ||
         name == "None";
}

}  // namespace

Parser::Parser(Program& program) : program_(program), lexer_(program.source) { advance(); }

void Parser::parse() {
  program_.loop = intern("loop");
  program_.body = parse_until({});
  if (!late_errors_.empty()) throw late_errors_.front();
  resolve_scopes(program_);
}

// ---- Tokens

void Parser::advance() {
  if (ahead_) {
    current_ = *ahead_;
    ahead_.reset();
  } else {
    current_ = lexer_.next();
  }
}

const Token& Parser::look() {
  if (!ahead_) ahead_ = lexer_.next();
  return *ahead_;
}

bool Parser::at_name(std::string_view name) const {
  return current_.type == TokenType::kName && current_.text == name;
}

bool Parser::skip(TokenType type) {
  if (!at(type)) return false;
  advance();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!at_name(name)) return false;
  advance();
  return true;
}

void Parser::fail_expected(std::string_view what) {
  if (at(TokenType::kEnd)) {
    fail(fmt::format("unexpected end of template, expected '{}'.", what), current_.offset);
  }
  fail(fmt::format("expected token '{}', got '{}'", what, describe(current_)), current_.offset);
}

Token Parser::expect(TokenType type) {
  if (!at(type)) fail_expected(describe(type));
  const Token token = current_;
  advance();
  return token;
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) fail_expected(name);
}

Symbol Parser::intern(std::string_view name) {
  const auto [found, fresh] = symbols_.try_emplace(name, static_cast<Symbol>(symbols_.size()));
  if (fresh) program_.symbols.push_back(std::make_unique<TextConstant>(std::string(name)));
  return found->second;
}

// Records what macros need to know about a name that is read or set in them.
void Parser::note_name(std::string_view name, bool stored, std::size_t offset) {
  if (stored && name == "loop" && all_loops_ > 0) {
    late_errors_.emplace_back(Error::Kind::kTemplate,
                              "Can't assign to special loop variable in for-loop target", offset);
  }
  constexpr std::string_view kSpecial[] = {"caller", "kwargs", "varargs"};
  const auto* const special = std::find(std::begin(kSpecial), std::end(kSpecial), name);
  if (special == std::end(kSpecial)) return;
  const auto index = static_cast<std::size_t>(special - std::begin(kSpecial));
  for (MacroScope& scope : macros_) {
    if (stored) {
      scope.shadowed[index] = true;
    } else if (!scope.shadowed[index]) {
      scope.used[index] = true;
    }
  }
}

// ---- Statements

// Statements up to a tag with one of these names, which stays the current token; or to the end of
// the template when there are none.
Body Parser::parse_until(std::initializer_list<std::string_view> end_names) {
  Body body;
  if (end_names.size() != 0) {
    end_names_.emplace_back(end_names.begin(), end_names.end());
    if (end_names_.size() > static_cast<std::size_t>(kMaxStatementDepth)) {
      fail_limit(fmt::format("blocks are nested more than {} deep", kMaxStatementDepth),
                 current_.offset);
    }
  }
  while (!at(TokenType::kEnd)) {
    if (at(TokenType::kData)) {
      body.push_back(std::make_unique<TextStatement>(current_.offset, current_.text));
      advance();
    } else if (at(TokenType::kVariableBegin)) {
      auto print = std::make_unique<PrintStatement>(current_.offset);
      advance();
      print->values.push_back(parse_tuple({}));
      expect(TokenType::kVariableEnd);
      body.push_back(std::move(print));
    } else {
      expect(TokenType::kBlockBegin);
      if (at(TokenType::kName) &&
          std::find(end_names.begin(), end_names.end(), current_.text) != end_names.end()) {
        end_names_.pop_back();
        return body;
      }
      parse_statement(body);
      expect(TokenType::kBlockEnd);
    }
  }
  if (end_names.size() != 0) fail_unknown_tag(nullptr, current_.offset);
  return body;
}

// The rest of an opening tag and its block, up to one of the end tags.
Body Parser::parse_block(std::initializer_list<std::string_view> end_names) {
  skip(TokenType::kColon);
  expect(TokenType::kBlockEnd);
  return parse_until(end_names);
}

Body Parser::parse_whole_block(std::string_view end_name) {
  Body body = parse_block({end_name});
  advance();
  return body;
}

void Parser::parse_statement(Body& out) {
  if (!at(TokenType::kName)) fail("tag name expected", current_.offset);
  const Token tag = current_;
  tags_.emplace_back(tag.text);
  out.push_back(parse_tag(tag));
  tags_.pop_back();
}

StatementPtr Parser::parse_tag(const Token& tag) {
  using Parse = StatementPtr (Parser::*)(const Token&);
  struct Entry {
    std::string_view name;
    Parse parse;
  };
  static constexpr Entry kTags[] = {
      {"if", &Parser::parse_if},
      {"for", &Parser::parse_for},
      {"set", &Parser::parse_set},
      {"macro", &Parser::parse_macro},
      {"call", &Parser::parse_call_block},
      {"filter", &Parser::parse_filter_block},
      {"with", &Parser::parse_with},
      {"print", &Parser::parse_print},
      {"generation", &Parser::parse_scope},
      {"block", &Parser::parse_scope},
      {"autoescape", &Parser::parse_autoescape},
      {"break", &Parser::parse_jump},
      {"continue", &Parser::parse_jump},
      {"include", &Parser::parse_loader_tag},
      {"import", &Parser::parse_loader_tag},
      {"from", &Parser::parse_loader_tag},
      {"extends", &Parser::parse_loader_tag},
  };
  for (const Entry& entry : kTags) {
    if (entry.name != tag.text) continue;
    advance();
    return (this->*entry.parse)(tag);
  }
  tags_.pop_back();  // it opens nothing
  fail_unknown_tag(&tag, tag.offset);
}

void Parser::fail_unknown_tag(const Token* tag, std::size_t offset) {
  std::string message = tag == nullptr ? "Unexpected end of template."
                                       : fmt::format("Encountered unknown tag '{}'.", tag->text);
  if (!end_names_.empty()) {
    const auto& wanted = end_names_.back();
    const std::string names = fmt::format("'{}'", fmt::join(wanted, "' or '"));
    const bool nesting =
        tag != nullptr &&
        std::any_of(end_names_.begin(), end_names_.end(),
                    [&](const std::vector<std::string>& level) {
                      return std::find(level.begin(), level.end(), tag->text) != level.end();
                    });
    message += nesting ? " You probably made a nesting mistake. Jinja is expecting this tag, but "
                         "currently looking for " +
                             names + "."
                       : " Jinja was looking for the following tags: " + names + ".";
  }
  if (!tags_.empty()) {
    message += fmt::format(" The innermost block that needs to be closed is '{}'.", tags_.back());
  }
  fail(message, offset);
}

StatementPtr Parser::parse_if(const Token& tag) {
  auto node = std::make_unique<IfStatement>(tag.offset);
  const Restore lenient(lenient_names_, true);
  for (;;) {
    ExpressionPtr condition = parse_tuple({.conditional = false});
    Body body = parse_block({"elif", "else", "endif"});
    node->branches.push_back({std::move(condition), std::move(body)});
    const bool more = at_name("elif");
    const bool otherwise = at_name("else");
    advance();
    if (otherwise) node->otherwise = parse_whole_block("endif");
    if (!more) return node;
  }
}

StatementPtr Parser::parse_for(const Token& tag) {
  auto node = std::make_unique<ForStatement>(tag.offset);
  ++all_loops_;
  node->target = parse_target(false);
  expect_name("in");
  node->items = parse_tuple({.conditional = false});
  const Restore lenient(lenient_names_, false);
  if (skip_name("if")) node->condition = parse_expression();
  node->recursive = skip_name("recursive");
  ++loops_;
  node->body = parse_block({"endfor", "else"});
  --loops_;
  const bool otherwise = at_name("else");
  advance();
  if (otherwise) node->otherwise = parse_whole_block("endfor");
  --all_loops_;
  return node;
}

StatementPtr Parser::parse_set(const Token& tag) {
  Target target = parse_target(true);
  if (skip(TokenType::kAssign)) {
    auto node = std::make_unique<SetStatement>(tag.offset);
    node->target = std::move(target);
    node->value = parse_tuple({});
    return node;
  }
  auto node = std::make_unique<SetBlockStatement>(tag.offset);
  node->target = std::move(target);
  const Restore lenient(lenient_names_, false);
  node->filter = parse_filter(nullptr, false);
  node->body = parse_whole_block("endset");
  return node;
}

Symbol Parser::parse_target_name() {
  const Token name = expect(TokenType::kName);
  if (is_constant_name(name.text)) fail("can't assign to 'name'", name.offset);
  return intern(name.text);
}

Target Parser::parse_target(bool with_namespace) {
  if (with_namespace && look().type == TokenType::kDot) {
    const Token name = expect(TokenType::kName);
    advance();
    Target target;
    target.kind = Target::Kind::kAttribute;
    target.offset = name.offset;
    target.symbol = intern(name.text);
    target.attribute = std::make_unique<TextConstant>(std::string(expect(TokenType::kName).text));
    return target;
  }
  return to_target(parse_tuple({.targets = true}));
}

Target Parser::to_target(ExpressionPtr expression) {
  Target target;
  target.offset = expression->offset;
  if (expression->kind == ExpressionKind::kName) {
    target.symbol = static_cast<const NameExpression&>(*expression).symbol;
    note_name(program_.symbols[target.symbol]->view(), true, target.offset);
    return target;
  }
  if (expression->kind != ExpressionKind::kTuple) {
    const bool list = expression->kind == ExpressionKind::kList;
    const bool dict = expression->kind == ExpressionKind::kDict;
    fail(fmt::format("can't assign to '{}'", list   ? "list"
                                             : dict ? "dict"
                                                    : "const"),
         target.offset);
  }
  target.kind = Target::Kind::kTuple;
  for (ExpressionPtr& item : static_cast<ItemsExpression&>(*expression).items) {
    if (item->kind != ExpressionKind::kName && item->kind != ExpressionKind::kTuple) {
      fail("can't assign to 'tuple'", target.offset);
    }
    target.items.push_back(to_target(std::move(item)));
  }
  return target;
}

void Parser::parse_signature(MacroDefinition& macro) {
  expect(TokenType::kLeftParen);
  while (!at(TokenType::kRightParen)) {
    if (!macro.parameters.empty()) expect(TokenType::kComma);
    const Token name = current_;
    MacroDefinition::Parameter parameter;
    parameter.symbol = parse_target_name();
    parameter.name = name.text;
    if (skip(TokenType::kAssign)) {
      parameter.default_value = parse_expression();
    } else if (!macro.parameters.empty() && macro.parameters.back().default_value != nullptr) {
      fail("non-default argument follows default argument", current_.offset);
    }
    macro.parameters.push_back(std::move(parameter));
  }
  expect(TokenType::kRightParen);
}

void Parser::parse_macro_body(MacroDefinition& macro, const Token& tag, std::string_view end_name) {
  const Restore lenient(lenient_names_, false);
  const Restore loops(loops_, 0);
  macros_.emplace_back();
  macro.body = parse_whole_block(end_name);
  const MacroScope scope = macros_.back();
  macros_.pop_back();
  macro.caller = intern("caller");
  macro.keywords = intern("kwargs");
  macro.positional = intern("varargs");
  const auto has_parameter = [&](std::string_view name) {
    return std::find_if(macro.parameters.begin(), macro.parameters.end(),
                        [&](const MacroDefinition::Parameter& p) { return p.name == name; });
  };
  const auto caller = has_parameter("caller");
  if (scope.used[0] && caller != macro.parameters.end() && caller->default_value == nullptr) {
    late_errors_.emplace_back(Error::Kind::kTemplate,
                              "When defining macros or call blocks the special \"caller\" argument "
                              "must be omitted or be given a default.",
                              tag.offset);
  }
  macro.uses_caller = scope.used[0];
  macro.uses_keywords = scope.used[1] && has_parameter("kwargs") == macro.parameters.end();
  macro.uses_positional = scope.used[2] && has_parameter("varargs") == macro.parameters.end();
}

StatementPtr Parser::parse_macro(const Token& tag) {
  auto node = std::make_unique<MacroStatement>(tag.offset);
  const Token name = current_;
  node->symbol = parse_target_name();
  node->macro.name = name.text;
  parse_signature(node->macro);
  parse_macro_body(node->macro, tag, "endmacro");
  return node;
}

StatementPtr Parser::parse_call_block(const Token& tag) {
  auto node = std::make_unique<CallBlockStatement>(tag.offset);
  if (at(TokenType::kLeftParen)) parse_signature(node->macro);
  ExpressionPtr call = parse_expression();
  if (call->kind != ExpressionKind::kCall) fail("expected call", tag.offset);
  node->call.reset(static_cast<CallExpression*>(call.release()));
  parse_macro_body(node->macro, tag, "endcall");
  return node;
}

StatementPtr Parser::parse_filter_block(const Token& tag) {
  auto node = std::make_unique<FilterBlockStatement>(tag.offset);
  const Restore lenient(lenient_names_, false);
  node->filter = parse_filter(nullptr, true);
  node->body = parse_whole_block("endfilter");
  return node;
}

StatementPtr Parser::parse_with(const Token& tag) {
  auto node = std::make_unique<WithStatement>(tag.offset);
  const Restore lenient(lenient_names_, false);
  while (!at(TokenType::kBlockEnd)) {
    if (!node->assignments.empty()) expect(TokenType::kComma);
    Target target = parse_target(false);
    expect(TokenType::kAssign);
    node->assignments.push_back({std::move(target), parse_expression()});
  }
  node->body = parse_whole_block("endwith");
  return node;
}

StatementPtr Parser::parse_print(const Token& tag) {
  auto node = std::make_unique<PrintStatement>(tag.offset);
  while (!at(TokenType::kBlockEnd)) {
    if (!node->values.empty()) expect(TokenType::kComma);
    node->values.push_back(parse_expression());
  }
  return node;
}

// {% generation %} marks what the model wrote; it changes nothing here. {% block %} is printed
// where it stands.
StatementPtr Parser::parse_scope(const Token& tag) {
  auto node = std::make_unique<ScopeStatement>(tag.offset);
  const Restore lenient(lenient_names_, false);
  const Restore loops(loops_, 0);
  if (tag.text == "generation") {
    node->body = parse_whole_block("endgeneration");
    return node;
  }
  const Token name = expect(TokenType::kName);
  node->top_level = !skip_name("scoped");
  skip_name("required");
  if (at(TokenType::kSub)) {
    fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, "
        "use an underscore instead.",
        current_.offset);
  }
  node->body = parse_whole_block("endblock");
  skip_name(name.text);
  return node;
}

StatementPtr Parser::parse_autoescape(const Token& tag) {
  auto node = std::make_unique<AutoescapeStatement>(tag.offset);
  const Restore lenient(lenient_names_, false);
  node->enabled = parse_expression();
  node->body = parse_whole_block("endautoescape");
  return node;
}

StatementPtr Parser::parse_jump(const Token& tag) {
  const bool is_break = tag.text == "break";
  if (loops_ == 0) {
    late_errors_.emplace_back(Error::Kind::kTemplate,
                              is_break ? "'break' outside loop" : "'continue' not properly in loop",
                              tag.offset);
  }
  return std::make_unique<JumpStatement>(
      is_break ? StatementKind::kBreak : StatementKind::kContinue, tag.offset);
}

// Tags that read other templates. A chat template is one file, so nothing can be read.
StatementPtr Parser::parse_loader_tag(const Token& tag) {
  auto node = std::make_unique<UnsupportedStatement>(tag.offset);
  node->message = fmt::format(
      "no loader for this environment specified: '{}' reads another template, and a chat template "
      "is alone",
      tag.text);
  while (!at(TokenType::kBlockEnd) && !at(TokenType::kEnd)) advance();
  return node;
}

}  // namespace forge::jinja
