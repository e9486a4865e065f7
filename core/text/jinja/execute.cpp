// Statements.
#include <fmt/format.h>

#include "core/text/jinja/evaluator.hpp"
#include "core/text/jinja/evaluator_scope.hpp"
#include "core/text/jinja/globals.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {

// Items of a for block for which its condition holds; the condition sees its own variables only.
class Evaluator::ConditionIterator final : public Iterator {
 public:
  ConditionIterator(Evaluator& evaluator, const ForStatement& statement, const Value& items)
      : evaluator_(evaluator),
        statement_(statement),
        walk_(iterate(evaluator, items)),
        frame_(evaluator.new_frame(evaluator.frame_, statement.condition_frame)) {}

  bool next(Runtime& runtime, Value& out) override {
    const Scope scope(evaluator_, frame_);
    Value item;
    while (walk_.next(runtime, item)) {
      runtime.step();
      evaluator_.assign(statement_.target, item);
      if (!is_true(runtime, evaluator_.evaluate(*statement_.condition))) continue;
      // What is handed on is the target: a tuple, also where the item is a list.
      if (statement_.target.kind == Target::Kind::kTuple) {
        const std::vector<Value> parts = unpack(runtime, item, statement_.target.items.size());
        item = runtime.heap.tuple();
        item.as_items().assign(parts.begin(), parts.end());
      }
      out = item;
      return true;
    }
    return false;
  }

 private:
  Evaluator& evaluator_;
  const ForStatement& statement_;
  Iterator& walk_;
  Frame* frame_;
};

Evaluator::Evaluator(const Program& program, const RenderOptions& options)
    : Runtime(options),
      program_(program),
      globals_(heap.array<Value>(program.symbols.size())),
      exported_(heap.array<Value>(program.symbols.size())) {
  for (std::size_t i = 0; i < program.symbols.size(); ++i) {
    globals_[i] = find_global(*this, program.symbols[i]->view());
  }
}

void Evaluator::define(std::string_view name, const Data& data) {
  for (std::size_t i = 0; i < program_.symbols.size(); ++i) {
    if (program_.symbols[i]->view() == name) globals_[i] = to_value(data, 0);
  }
}

Value Evaluator::to_value(const Data& data, int depth) {
  step();
  if (depth > kMaxValueDepth) {
    fail_limit(fmt::format("a variable holds values nested more than {} deep", kMaxValueDepth));
  }
  if (const bool* truth = data.as_bool()) return Value::boolean(*truth);
  if (const std::int64_t* number = data.as_integer()) return Value::integer(*number);
  if (const double* real = data.as_number()) return Value::real(*real);
  if (const std::string* text = data.as_string()) return heap.borrow(*text);
  if (const Data::LargeInteger* large = data.as_large_integer()) {
    const auto number = BigInt::parse(large->digits);
    if (!number) fail(fmt::format("'{}' is no integer", large->digits));
    return heap.integer(*number);
  }
  if (const Data::Array* array = data.as_array()) {
    const Value out = heap.list();
    out.as_items().reserve(array->size());
    for (const Data& item : *array) out.as_items().push_back(to_value(item, depth + 1));
    return out;
  }
  if (const Data::Object* object = data.as_object()) {
    const Value out = heap.dict();
    for (const Data::Member& member : *object) {
      out.as_dict().set(*this, heap.borrow(member.key), to_value(member.value, depth + 1));
    }
    return out;
  }
  return Value::none();
}

std::string Evaluator::run() {
  root_ = frame_ = new_frame(nullptr, program_.frame);
  std::string out;
  out_ = &out;
  execute(program_.body);
  out_ = nullptr;
  return out;
}

Frame* Evaluator::new_frame(Frame* parent, const FrameLayout& layout) {
  Frame* frame = heap.make<Frame>(Frame{parent, heap.array<Value>(layout.slots)});
  enter(*frame, layout);
  return frame;
}

// Gives the variables of a frame their first values.
void Evaluator::enter(Frame& frame, const FrameLayout& layout) {
  for (const FrameLoad& load : layout.loads) {
    Value& value = frame.values[load.slot];
    switch (load.kind) {
      case FrameLoad::Kind::kMissing:
        value = Value();
        break;
      case FrameLoad::Kind::kAlias:
        value = frame.at(load.outer);
        break;
      case FrameLoad::Kind::kResolve:
        value = exported_[load.symbol];
        if (value.is_missing()) value = globals_[load.symbol];
        break;
    }
  }
}

void Evaluator::write(std::string_view text) {
  step_bytes(text.size());
  written_ += text.size();
  if (written_ > options().limits.output) {
    fail_limit(fmt::format("the template prints more than {} MiB", options().limits.output >> 20));
  }
  *out_ += text;
}

void Evaluator::print(const Value& value) {
  if (value.is_text()) {
    write(value.as_view());
  } else if (!value.is_undefined()) {
    std::string text;
    append_str(*this, text, value);
    write(text);
  }
}

Evaluator::Flow Evaluator::execute(const Body& body) {
  if (++depth_ > options().limits.depth) {
    fail_limit(
        fmt::format("the template calls itself more than {} levels deep", options().limits.depth));
  }
  Flow flow = Flow::kNext;
  for (const StatementPtr& statement : body) {
    step();
    offset_ = statement->offset;
    flow = execute(*statement);
    if (flow != Flow::kNext) break;
  }
  --depth_;
  return flow;
}

Evaluator::Flow Evaluator::execute(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kText:
      write(static_cast<const TextStatement&>(statement).text);
      return Flow::kNext;
    case StatementKind::kPrint:
      for (const ExpressionPtr& value : static_cast<const PrintStatement&>(statement).values) {
        print(evaluate(*value));
      }
      return Flow::kNext;
    case StatementKind::kIf:
      return execute_if(static_cast<const IfStatement&>(statement));
    case StatementKind::kFor: {
      const auto& loop = static_cast<const ForStatement&>(statement);
      execute_for(loop, evaluate(*loop.items), 0);
      return Flow::kNext;
    }
    case StatementKind::kSet: {
      const auto& set = static_cast<const SetStatement&>(statement);
      if (set.target.kind == Target::Kind::kAttribute) find_namespace(set.target);
      const Value value = evaluate(*set.value);
      offset_ = statement.offset;
      assign(set.target, value);
      return Flow::kNext;
    }
    case StatementKind::kSetBlock:
      return execute_set_block(static_cast<const SetBlockStatement&>(statement));
    case StatementKind::kMacro: {
      const auto& macro = static_cast<const MacroStatement&>(statement);
      frame_->at(macro.ref) = make_macro(macro.macro);
      if (frame_ == root_) exported_[macro.symbol] = frame_->at(macro.ref);
      return Flow::kNext;
    }
    case StatementKind::kCallBlock:
      execute_call_block(static_cast<const CallBlockStatement&>(statement));
      return Flow::kNext;
    case StatementKind::kFilterBlock:
      return execute_filter_block(static_cast<const FilterBlockStatement&>(statement));
    case StatementKind::kWith:
      return execute_with(static_cast<const WithStatement&>(statement));
    case StatementKind::kScope:
      return execute_scope(static_cast<const ScopeStatement&>(statement));
    case StatementKind::kAutoescape:
      return execute_autoescape(static_cast<const AutoescapeStatement&>(statement));
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
    case StatementKind::kUnsupported:
      fail(static_cast<const UnsupportedStatement&>(statement).message);
  }
  return Flow::kNext;
}

Evaluator::Flow Evaluator::execute_if(const IfStatement& statement) {
  for (const IfStatement::Branch& branch : statement.branches) {
    if (is_true(*this, evaluate(*branch.condition))) return execute(branch.body);
  }
  return execute(statement.otherwise);
}

void Evaluator::execute_for(const ForStatement& statement, const Value& items, int depth) {
  offset_ = statement.items->offset;
  Value walked = items;
  if (statement.condition) {
    walked = Value::iterator(heap.make<ConditionIterator>(*this, statement, items));
  }
  Loop* loop = heap.make<Loop>(*this, walked);
  loop->statement = &statement;
  loop->frame = frame_;
  loop->depth0 = depth;
  Frame* frame = new_frame(frame_, statement.body_frame);
  bool finished_one = false;
  {
    const Scope scope(*this, frame);
    Value item;
    while (loop->advance(*this, item)) {
      step();
      assign(statement.target, item);
      frame->values[statement.loop_slot] = Value::loop(loop);
      enter(*frame, statement.body_frame);
      const Flow flow = execute(statement.body);
      // As in Jinja, an iteration that break or continue cut short does not keep "else" away.
      if (flow == Flow::kNext) finished_one = true;
      if (flow == Flow::kBreak) break;
      offset_ = statement.items->offset;
    }
  }
  if (!finished_one && !statement.otherwise.empty()) {
    const Scope scope(*this, new_frame(frame_, statement.else_frame));
    execute(statement.otherwise);
  }
}

Evaluator::Flow Evaluator::execute_with(const WithStatement& statement) {
  Frame* frame = new_frame(frame_, statement.frame);
  for (const auto& assignment : statement.assignments) {
    const Value value = evaluate(*assignment.value);
    const Scope scope(*this, frame);
    assign(assignment.target, value);
  }
  const Scope scope(*this, frame);
  return execute(statement.body);
}

Evaluator::Flow Evaluator::execute_scope(const ScopeStatement& statement) {
  const Scope scope(*this, new_frame(statement.top_level ? nullptr : frame_, statement.frame));
  return execute(statement.body);
}

Evaluator::Flow Evaluator::execute_autoescape(const AutoescapeStatement& statement) {
  if (is_true(*this, evaluate(*statement.enabled))) {
    fail("automatic escaping is not supported: prompts are no HTML");
  }
  const Scope scope(*this, new_frame(frame_, statement.frame));
  return execute(statement.body);
}

Evaluator::Flow Evaluator::execute_set_block(const SetBlockStatement& statement) {
  Value value;
  {
    const Scope scope(*this, new_frame(frame_, statement.frame));
    Capture capture(*this);
    const Flow flow = execute(statement.body);
    if (flow != Flow::kNext) return flow;
    value = capture.text();
    if (statement.filter) {
      value = evaluate_filter(static_cast<const FilterExpression&>(*statement.filter), &value);
    }
  }
  offset_ = statement.offset;
  assign(statement.target, value);
  return Flow::kNext;
}

Evaluator::Flow Evaluator::execute_filter_block(const FilterBlockStatement& statement) {
  Value value;
  {
    const Scope scope(*this, new_frame(frame_, statement.frame));
    Capture capture(*this);
    const Flow flow = execute(statement.body);
    if (flow != Flow::kNext) return flow;
    value = capture.text();
    value = evaluate_filter(static_cast<const FilterExpression&>(*statement.filter), &value);
  }
  print(value);
  return Flow::kNext;
}

void Evaluator::execute_call_block(const CallBlockStatement& statement) {
  const Value caller = make_macro(statement.macro);
  print(evaluate_call(*statement.call, &caller));
}

Value Evaluator::make_macro(const MacroDefinition& definition) {
  return Value::macro(heap.make<Macro>(Macro{definition.name, &definition, frame_}));
}

Namespace& Evaluator::find_namespace(const Target& target) {
  const Value found = frame_->at(target.ref);
  if (found.type() != Type::kNamespace) fail("cannot assign attribute on non-namespace object");
  return found.as_namespace();
}

void Evaluator::assign(const Target& target, const Value& value) {
  switch (target.kind) {
    case Target::Kind::kName:
      frame_->at(target.ref) = value;
      if (frame_ == root_) exported_[target.symbol] = value;
      break;
    case Target::Kind::kAttribute:
      find_namespace(target).attributes.set(*this, target.attribute->value(), value);
      break;
    case Target::Kind::kTuple: {
      const std::vector<Value> parts = unpack(*this, value, target.items.size());
      for (std::size_t i = 0; i < parts.size(); ++i) assign(target.items[i], parts[i]);
      break;
    }
  }
}

}  // namespace forge::jinja
