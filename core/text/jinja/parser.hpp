// core/text/jinja/parser.hpp: makes a Program of a template's source.
#ifndef FORGE_CORE_TEXT_JINJA_PARSER_HPP_
#define FORGE_CORE_TEXT_JINJA_PARSER_HPP_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/error.hpp"
#include "core/text/jinja/lexer.hpp"

namespace forge::jinja {

// Parses program.source, which is normalized, into the rest of `program`. Throws Error with an
// offset. Recursive descent; statements in parser.cpp, expressions in parse_expression.cpp.
class Parser {
 public:
  explicit Parser(Program& program);
  void parse();

 private:
  // What parse_tuple reads.
  struct TupleRules {
    bool targets = false;        // only names and literals, to be assigned to
    bool conditional = true;     // "a if b else c" is one expression
    bool parenthesized = false;  // so an empty tuple is allowed
  };
  // What the body of a macro asks for by name: caller, kwargs and varargs.
  struct MacroScope {
    bool used[3] = {};
    bool shadowed[3] = {};
  };
  class Depth;

  // Tokens.
  void advance();
  const Token& look();
  bool at(TokenType type) const { return current_.type == type; }
  bool at_name(std::string_view name) const;
  bool skip(TokenType type);
  bool skip_name(std::string_view name);
  Token expect(TokenType type);
  void expect_name(std::string_view name);
  [[noreturn]] void fail_expected(std::string_view what);

  // Statements.
  Body parse_until(std::initializer_list<std::string_view> end_names);
  Body parse_block(std::initializer_list<std::string_view> end_names);
  Body parse_whole_block(std::string_view end_name);
  void parse_statement(Body& out);
  StatementPtr parse_tag(const Token& tag);
  StatementPtr parse_if(const Token& tag);
  StatementPtr parse_for(const Token& tag);
  StatementPtr parse_set(const Token& tag);
  StatementPtr parse_macro(const Token& tag);
  StatementPtr parse_call_block(const Token& tag);
  StatementPtr parse_filter_block(const Token& tag);
  StatementPtr parse_with(const Token& tag);
  StatementPtr parse_print(const Token& tag);
  StatementPtr parse_scope(const Token& tag);
  StatementPtr parse_autoescape(const Token& tag);
  StatementPtr parse_jump(const Token& tag);
  StatementPtr parse_loader_tag(const Token& tag);
  void parse_signature(MacroDefinition& macro);
  void parse_macro_body(MacroDefinition& macro, const Token& tag, std::string_view end_name);
  Target parse_target(bool with_namespace);
  Target to_target(ExpressionPtr expression);
  Symbol parse_target_name();
  [[noreturn]] void fail_unknown_tag(const Token* tag, std::size_t offset);

  // Expressions, loosest first.
  ExpressionPtr parse_expression(bool conditional = true);
  ExpressionPtr parse_conditional();
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_compare();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concat();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool with_filter = true);
  ExpressionPtr parse_primary(bool target = false);
  ExpressionPtr parse_name(bool target);
  ExpressionPtr parse_number();
  ExpressionPtr parse_tuple(const TupleRules& rules);
  ExpressionPtr parse_list();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_postfix(ExpressionPtr value);
  ExpressionPtr parse_filters_and_tests(ExpressionPtr value);
  ExpressionPtr parse_subscript(ExpressionPtr value);
  ExpressionPtr parse_subscribed(ExpressionPtr object, std::size_t offset, bool& is_slice);
  ExpressionPtr parse_call(ExpressionPtr callee);
  CallArguments parse_arguments();
  ExpressionPtr parse_filter(ExpressionPtr value, bool inline_start);
  ExpressionPtr parse_test(ExpressionPtr value);
  std::string parse_dotted_name(Token& first);
  std::optional<Comparison> parse_comparison();

  template <class Node>
  ExpressionPtr finish(std::unique_ptr<Node> node, int height);
  static int height_of(const ExpressionPtr& expression) {
    return expression ? expression->height : 0;
  }
  static int height_of(const CallArguments& arguments);

  Symbol intern(std::string_view name);
  void note_name(std::string_view name, bool stored, std::size_t offset);
  void report_unknown(std::string_view kind, std::string_view name, std::size_t offset);

  Program& program_;
  Lexer lexer_;
  Token current_;
  std::optional<Token> ahead_;
  std::unordered_map<std::string_view, Symbol> symbols_;
  std::vector<std::string> tags_;                    // open tags, innermost last
  std::vector<std::vector<std::string>> end_names_;  // what each of them waits for
  std::vector<MacroScope> macros_;
  // Errors that Jinja finds only after parsing, in the order of the source.
  std::vector<Error> late_errors_;
  bool lenient_names_ = false;  // inside an if: unknown filters are errors when reached
  int loops_ = 0;               // for blocks around, inside this macro
  int all_loops_ = 0;           // and outside of it
  int depth_ = 0;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_PARSER_HPP_
