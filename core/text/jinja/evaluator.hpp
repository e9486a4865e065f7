// core/text/jinja/evaluator.hpp: renders a Program.
//
// Walks the tree; statements in execute.cpp, expressions in evaluate.cpp, macros and calls in
// call.cpp. One Evaluator serves one rendering, on one thread.
#ifndef FORGE_CORE_TEXT_JINJA_EVALUATOR_HPP_
#define FORGE_CORE_TEXT_JINJA_EVALUATOR_HPP_

#include <string>
#include <string_view>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/data.hpp"
#include "core/text/jinja/frame.hpp"
#include "core/text/jinja/macro.hpp"
#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

class Evaluator final : public Runtime {
 public:
  // Both must outlive the evaluator.
  Evaluator(const Program& program, const RenderOptions& options);

  // Makes a variable known; `data` must outlive the rendering.
  void define(std::string_view name, const Data& data);
  // The rendered text. Throws Error. Once only.
  std::string run();
  // Where in the source the evaluator is.
  std::size_t offset() const { return offset_; }

  Value call(const Value& callee, const Arguments& arguments) override;
  Value call_loop(Loop& loop, const Value& items) override;

 private:
  enum class Flow { kNext, kBreak, kContinue };
  class Scope;
  class Capture;
  class ConditionIterator;

  // Statements.
  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow execute_if(const IfStatement& statement);
  void execute_for(const ForStatement& statement, const Value& items, int depth);
  Flow execute_with(const WithStatement& statement);
  Flow execute_scope(const ScopeStatement& statement);
  Flow execute_autoescape(const AutoescapeStatement& statement);
  Flow execute_set_block(const SetBlockStatement& statement);
  Flow execute_filter_block(const FilterBlockStatement& statement);
  void execute_call_block(const CallBlockStatement& statement);
  void assign(const Target& target, const Value& value);
  Namespace& find_namespace(const Target& target);
  void print(const Value& value);
  void write(std::string_view text);
  Value make_macro(const MacroDefinition& definition);
  Frame* new_frame(Frame* parent, const FrameLayout& layout);
  void enter(Frame& frame, const FrameLayout& layout);

  // Expressions.
  Value evaluate(const Expression& expression);
  Value evaluate_node(const Expression& expression);
  Value evaluate_optional(const ExpressionPtr& expression);
  Value evaluate_name(const NameExpression& expression);
  Value evaluate_items(const ItemsExpression& expression);
  Value evaluate_dict(const DictExpression& expression);
  Value evaluate_attribute(const AttributeExpression& expression);
  Value evaluate_item(const ItemExpression& expression);
  Value evaluate_slice(const SliceExpression& expression);
  Value evaluate_filter(const FilterExpression& expression, const Value* block);
  Value evaluate_test(const TestExpression& expression);
  Value evaluate_binary(const BinaryExpression& expression);
  Value evaluate_concat(const ItemsExpression& expression);
  Value evaluate_compare(const CompareExpression& expression);
  Value evaluate_conditional(const ConditionalExpression& expression);
  bool compare(Comparison comparison, const Value& a, const Value& b);

  // Calls.
  Value evaluate_call(const CallExpression& expression, const Value* caller);
  Arguments evaluate_arguments(const CallArguments& arguments, const Value* caller);
  Value call_macro(const Macro& macro, const Arguments& arguments);
  void bind_parameters(const Macro& macro, const Arguments& arguments, Frame& frame);

  Value to_value(const Data& data, int depth);

  const Program& program_;
  Value* globals_;   // for every symbol: the rendering's variable, or Jinja's global of that name
  Value* exported_;  // for every symbol: what the template set at the top level
  Frame* root_ = nullptr;
  Frame* frame_ = nullptr;
  std::string* out_ = nullptr;
  std::size_t written_ = 0;  // bytes in all open output buffers
  std::size_t offset_ = 0;
  int depth_ = 0;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_EVALUATOR_HPP_
