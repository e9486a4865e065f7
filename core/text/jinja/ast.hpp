// core/text/jinja/ast.hpp: the tree of a parsed template.
//
// Immutable once parsed, and shared by all renderings. Names are numbers: the index of their text
// in Program::symbols. Offsets point into Program::source.
#ifndef FORGE_CORE_TEXT_JINJA_AST_HPP_
#define FORGE_CORE_TEXT_JINJA_AST_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/arithmetic.hpp"
#include "core/text/jinja/value.hpp"

namespace forge::jinja {

struct Filter;
struct Test;

using Symbol = std::uint32_t;

// Where a variable is during a rendering: in the frame so many levels out, at this place. Found
// out by the resolver (scope.hpp) when parsing is done.
struct VariableRef {
  std::uint32_t hops = 0;
  std::uint32_t slot = 0;
};

// How a variable gets its first value each time a frame is entered.
struct FrameLoad {
  enum class Kind {
    kResolve,  // from the variables of the rendering
    kAlias,    // from a variable of a frame around
    kMissing,  // none yet
  };
  Kind kind = Kind::kMissing;
  std::uint32_t slot = 0;
  Symbol symbol = 0;
  VariableRef outer;  // hops count from the frame being entered
};

// The variables of one scope: how many, and what entering it does.
struct FrameLayout {
  std::size_t slots = 0;
  std::vector<FrameLoad> loads;
};

// A text of the template as a value, for the whole life of the tree.
class TextConstant {
 public:
  TextConstant() = default;
  explicit TextConstant(std::string text);
  TextConstant(const TextConstant&) = delete;
  TextConstant& operator=(const TextConstant&) = delete;
  Value value() const { return Value::text(&header_); }
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
  Text header_;
};

enum class ExpressionKind {
  kConstant,
  kText,
  kName,
  kTuple,
  kList,
  kDict,
  kAttribute,
  kItem,
  kSlice,
  kCall,
  kFilter,
  kTest,
  kNot,
  kSign,
  kArithmetic,
  kAnd,
  kOr,
  kConcat,
  kCompare,
  kConditional,
};

struct Expression {
  Expression(ExpressionKind k, std::size_t at) : kind(k), offset(at) {}
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  ExpressionKind kind;
  std::size_t offset;
  int height = 1;  // of the tree below, bounded by kMaxExpressionDepth
};
using ExpressionPtr = std::unique_ptr<Expression>;

// None, a boolean or a number.
struct ConstantExpression : Expression {
  ConstantExpression(std::size_t at, Value v)
      : Expression(ExpressionKind::kConstant, at), value(v) {}
  Value value;
  BigInt big;  // what `value` points to, when it is a large integer
};

struct TextExpression : Expression {
  TextExpression(std::size_t at, std::string t)
      : Expression(ExpressionKind::kText, at), text(std::move(t)) {}
  TextConstant text;
};

struct NameExpression : Expression {
  NameExpression(std::size_t at, Symbol s) : Expression(ExpressionKind::kName, at), symbol(s) {}
  Symbol symbol;
  VariableRef ref;
};

// A tuple, a list, or the parts of a concatenation with "~".
struct ItemsExpression : Expression {
  using Expression::Expression;
  std::vector<ExpressionPtr> items;
};

struct DictExpression : Expression {
  explicit DictExpression(std::size_t at) : Expression(ExpressionKind::kDict, at) {}
  struct Pair {
    ExpressionPtr key, value;
  };
  std::vector<Pair> pairs;
};

struct AttributeExpression : Expression {
  AttributeExpression(std::size_t at, std::string n)
      : Expression(ExpressionKind::kAttribute, at), name(std::move(n)) {}
  ExpressionPtr object;
  TextConstant name;
};

struct ItemExpression : Expression {
  explicit ItemExpression(std::size_t at) : Expression(ExpressionKind::kItem, at) {}
  ExpressionPtr object, key;
};

// object[start:stop:step]; parts that are not written are null.
struct SliceExpression : Expression {
  explicit SliceExpression(std::size_t at) : Expression(ExpressionKind::kSlice, at) {}
  ExpressionPtr object, start, stop, step;
};

// What stands between the parentheses of a call, filter or test.
struct CallArguments {
  struct Named {
    std::string name;
    ExpressionPtr value;
  };
  std::vector<ExpressionPtr> positional;
  std::vector<Named> named;
  ExpressionPtr star, double_star;  // *args and **kwargs
};

struct CallExpression : Expression {
  explicit CallExpression(std::size_t at) : Expression(ExpressionKind::kCall, at) {}
  ExpressionPtr callee;
  CallArguments arguments;
};

struct FilterExpression : Expression {
  explicit FilterExpression(std::size_t at) : Expression(ExpressionKind::kFilter, at) {}
  ExpressionPtr value;  // null: the text of the block it is applied to
  std::string name;
  const Filter* filter = nullptr;  // null when unknown, an error only if it is reached
  CallArguments arguments;
};

struct TestExpression : Expression {
  explicit TestExpression(std::size_t at) : Expression(ExpressionKind::kTest, at) {}
  ExpressionPtr value;
  std::string name;
  const Test* test = nullptr;
  CallArguments arguments;
};

// not value, -value, +value
struct UnaryExpression : Expression {
  using Expression::Expression;
  ExpressionPtr value;
  bool negative = false;
};

// Arithmetic, and, or.
struct BinaryExpression : Expression {
  using Expression::Expression;
  ExpressionPtr left, right;
  Operator op = Operator::kAdd;
};

enum class Comparison {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn
};

// a < b <= c: each pair must hold.
struct CompareExpression : Expression {
  explicit CompareExpression(std::size_t at) : Expression(ExpressionKind::kCompare, at) {}
  struct Operand {
    Comparison comparison;
    ExpressionPtr value;
  };
  ExpressionPtr first;
  std::vector<Operand> operands;
};

// value if condition else otherwise; `otherwise` may be null.
struct ConditionalExpression : Expression {
  explicit ConditionalExpression(std::size_t at) : Expression(ExpressionKind::kConditional, at) {}
  ExpressionPtr condition, value, otherwise;
};

// What a value is assigned to: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
  enum class Kind { kName, kAttribute, kTuple };
  Kind kind = Kind::kName;
  std::size_t offset = 0;
  Symbol symbol = 0;  // the name, or the namespace's name
  VariableRef ref;
  std::unique_ptr<TextConstant> attribute;
  std::vector<Target> items;
};

enum class StatementKind {
  kText,
  kPrint,
  kIf,
  kFor,
  kSet,
  kSetBlock,
  kMacro,
  kCallBlock,
  kFilterBlock,
  kWith,
  kScope,
  kAutoescape,
  kBreak,
  kContinue,
  kUnsupported,
};

struct Statement {
  Statement(StatementKind k, std::size_t at) : kind(k), offset(at) {}
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  StatementKind kind;
  std::size_t offset;
};
using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

// Text between tags; a part of the source.
struct TextStatement : Statement {
  TextStatement(std::size_t at, std::string_view t)
      : Statement(StatementKind::kText, at), text(t) {}
  std::string_view text;
};

struct PrintStatement : Statement {
  explicit PrintStatement(std::size_t at) : Statement(StatementKind::kPrint, at) {}
  std::vector<ExpressionPtr> values;
};

struct IfStatement : Statement {
  explicit IfStatement(std::size_t at) : Statement(StatementKind::kIf, at) {}
  struct Branch {
    ExpressionPtr condition;
    Body body;
  };
  std::vector<Branch> branches;
  Body otherwise;
};

struct ForStatement : Statement {
  explicit ForStatement(std::size_t at) : Statement(StatementKind::kFor, at) {}
  Target target;
  ExpressionPtr items;
  ExpressionPtr condition;  // for x in y if condition; may be null
  bool recursive = false;
  Body body;
  Body otherwise;
  // The target has the same slots in the frames of body and condition.
  FrameLayout body_frame, condition_frame, else_frame;
  std::uint32_t loop_slot = 0;  // of the variable "loop" in the body
};

struct SetStatement : Statement {
  explicit SetStatement(std::size_t at) : Statement(StatementKind::kSet, at) {}
  Target target;
  ExpressionPtr value;
};

struct SetBlockStatement : Statement {
  explicit SetBlockStatement(std::size_t at) : Statement(StatementKind::kSetBlock, at) {}
  Target target;
  ExpressionPtr filter;  // of kind kFilter; may be null
  Body body;
  FrameLayout frame;
};

// A macro, or the body of a call block, which is a macro without a name.
struct MacroDefinition {
  struct Parameter {
    Symbol symbol = 0;
    std::string_view name;
    ExpressionPtr default_value;  // may be null
    std::uint32_t slot = 0;
  };
  std::string_view name;
  std::vector<Parameter> parameters;
  Body body;
  // Whether the body mentions these names; only then are they passed in.
  bool uses_caller = false, uses_keywords = false, uses_positional = false;
  Symbol caller = 0, keywords = 0, positional = 0;
  std::uint32_t caller_slot = 0, keywords_slot = 0, positional_slot = 0;
  FrameLayout frame;
};

struct MacroStatement : Statement {
  explicit MacroStatement(std::size_t at) : Statement(StatementKind::kMacro, at) {}
  Symbol symbol = 0;
  VariableRef ref;
  MacroDefinition macro;
};

struct CallBlockStatement : Statement {
  explicit CallBlockStatement(std::size_t at) : Statement(StatementKind::kCallBlock, at) {}
  MacroDefinition macro;
  std::unique_ptr<CallExpression> call;
};

struct FilterBlockStatement : Statement {
  explicit FilterBlockStatement(std::size_t at) : Statement(StatementKind::kFilterBlock, at) {}
  ExpressionPtr filter;
  Body body;
  FrameLayout frame;
};

struct WithStatement : Statement {
  explicit WithStatement(std::size_t at) : Statement(StatementKind::kWith, at) {}
  struct Assignment {
    Target target;
    ExpressionPtr value;
  };
  std::vector<Assignment> assignments;
  Body body;
  FrameLayout frame;
};

// A body with variables of its own: {% generation %}, and {% block %}, which sees only the
// variables of the top level.
struct ScopeStatement : Statement {
  explicit ScopeStatement(std::size_t at) : Statement(StatementKind::kScope, at) {}
  bool top_level = false;
  Body body;
  FrameLayout frame;
};

struct AutoescapeStatement : Statement {
  explicit AutoescapeStatement(std::size_t at) : Statement(StatementKind::kAutoescape, at) {}
  ExpressionPtr enabled;
  Body body;
  FrameLayout frame;
};

// break and continue.
struct JumpStatement : Statement {
  using Statement::Statement;
};

// A tag that needs other files: an error when it is reached.
struct UnsupportedStatement : Statement {
  explicit UnsupportedStatement(std::size_t at) : Statement(StatementKind::kUnsupported, at) {}
  std::string message;
};

struct Program {
  std::string source;  // normalized
  std::vector<std::unique_ptr<TextConstant>> symbols;
  Symbol loop = 0;  // the name "loop"
  Body body;
  FrameLayout frame;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_AST_HPP_
