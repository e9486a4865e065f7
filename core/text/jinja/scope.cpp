#include "core/text/jinja/scope.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/text/jinja/children.hpp"

namespace forge::jinja {
namespace {

// The names of one scope, as far as they are known.
class Names {
 public:
  // `layout` gets a slot for every name.
  Names(const Names* parent, std::map<Symbol, std::uint32_t>& slots)
      : parent_(parent), slots_(&slots) {}

  void declare_parameter(Symbol name) {
    stores_.insert(name);
    define(name, std::nullopt);
  }

  void load(Symbol name) {
    if (!find(name)) define(name, FrameLoad{FrameLoad::Kind::kResolve, 0, name, {}});
  }

  void store(Symbol name) {
    stores_.insert(name);
    if (loads_.contains(name)) return;
    const auto outer = find_outer(name);
    define(name, outer ? FrameLoad{FrameLoad::Kind::kAlias, 0, name, *outer}
                       : FrameLoad{FrameLoad::Kind::kMissing, 0, name, {}});
  }

  // Takes over what the branches of an if (there are always three) found out on copies of this.
  void merge(const std::vector<Names>& branches) {
    std::map<Symbol, std::size_t> stored;
    for (const Names& branch : branches) {
      for (const Symbol name : branch.stores_) {
        if (!stores_.contains(name)) ++stored[name];
      }
    }
    for (const Names& branch : branches) {
      for (const auto& [name, load] : branch.loads_) loads_.insert_or_assign(name, load);
      stores_.insert(branch.stores_.begin(), branch.stores_.end());
    }
    for (const auto& [name, count] : stored) {
      if (count == branches.size()) continue;
      // Not set in every branch: what it was before may show through.
      const auto outer = find_outer(name);
      loads_[name] = outer ? FrameLoad{FrameLoad::Kind::kAlias, 0, name, *outer}
                           : FrameLoad{FrameLoad::Kind::kResolve, 0, name, {}};
    }
  }

  std::optional<VariableRef> find(Symbol name) const {
    if (loads_.contains(name)) return VariableRef{0, slots_->at(name)};
    return find_outer(name);
  }

  FrameLayout layout() const {
    FrameLayout out;
    out.slots = slots_->size();
    for (const auto& [name, load] : loads_) {
      if (!load) continue;
      out.loads.push_back(*load);
      out.loads.back().slot = slots_->at(name);
    }
    return out;
  }

 private:
  std::optional<VariableRef> find_outer(Symbol name) const {
    if (parent_ == nullptr) return std::nullopt;
    auto found = parent_->find(name);
    if (found) ++found->hops;
    return found;
  }

  void define(Symbol name, std::optional<FrameLoad> load) {
    slots_->try_emplace(name, static_cast<std::uint32_t>(slots_->size()));
    loads_.insert_or_assign(name, load);
  }

  const Names* parent_;
  std::map<Symbol, std::uint32_t>* slots_;            // shared by copies
  std::map<Symbol, std::optional<FrameLoad>> loads_;  // nothing: a parameter
  std::set<Symbol> stores_;
};

// Finds the names that statements of one scope read and set, in the order of jinja2's visitor.
// Bodies of inner scopes are left to those.
class Collector {
 public:
  explicit Collector(Names& names) : names_(&names) {}

  void expression(const ExpressionPtr& node) {
    if (!node) return;
    if (node->kind == ExpressionKind::kName) {
      names_->load(static_cast<const NameExpression&>(*node).symbol);
    }
    for_each_child(*node, [this](ExpressionPtr& child) { expression(child); });
  }

  void target(const Target& node, bool parameter) {
    if (node.kind == Target::Kind::kAttribute) return names_->load(node.symbol);
    for (const Target& item : node.items) target(item, parameter);
    if (node.kind == Target::Kind::kTuple) return;
    if (parameter) {
      names_->declare_parameter(node.symbol);
    } else {
      names_->store(node.symbol);
    }
  }

  void body(const Body& nodes) {
    for (const StatementPtr& node : nodes) statement(*node);
  }

 private:
  void statement(Statement& node) {
    switch (node.kind) {
      case StatementKind::kPrint:
        for (const ExpressionPtr& value : static_cast<PrintStatement&>(node).values) {
          expression(value);
        }
        break;
      case StatementKind::kIf:
        if_statement(static_cast<IfStatement&>(node));
        break;
      case StatementKind::kFor:
        expression(static_cast<ForStatement&>(node).items);
        break;
      case StatementKind::kSet: {
        auto& set = static_cast<SetStatement&>(node);
        expression(set.value);
        target(set.target, false);
        break;
      }
      case StatementKind::kSetBlock:
        target(static_cast<SetBlockStatement&>(node).target, false);
        break;
      case StatementKind::kMacro:
        names_->store(static_cast<MacroStatement&>(node).symbol);
        break;
      case StatementKind::kCallBlock: {
        const auto& call = *static_cast<CallBlockStatement&>(node).call;
        if (call.callee) expression(call.callee);
        for_each_argument(call.arguments, [this](const ExpressionPtr& e) { expression(e); });
        break;
      }
      case StatementKind::kFilterBlock:
        expression(static_cast<FilterBlockStatement&>(node).filter);
        break;
      case StatementKind::kWith:
        for (const auto& assignment : static_cast<WithStatement&>(node).assignments) {
          expression(assignment.value);
        }
        break;
      case StatementKind::kAutoescape:
        expression(static_cast<AutoescapeStatement&>(node).enabled);
        break;
      default:
        break;
    }
  }

  void if_statement(IfStatement& node) {
    // jinja2 hangs all elif branches into one, each with an if of its own.
    if (node.branches.empty()) return;
    expression(node.branches.front().condition);
    const auto branch = [&](const std::function<void()>& visit) {
      Names copy = *names_;
      Names* outer = std::exchange(names_, &copy);
      visit();
      names_ = outer;
      return copy;
    };
    std::vector<Names> found;
    found.push_back(branch([&] { body(node.branches.front().body); }));
    found.push_back(branch([&] {
      for (std::size_t i = 1; i < node.branches.size(); ++i) {
        expression(node.branches[i].condition);
        const Names empty = *names_;
        found_in_elif(node.branches[i].body, branch, empty);
      }
    }));
    found.push_back(branch([&] { body(node.otherwise); }));
    names_->merge(found);
  }

  template <class Branch>
  void found_in_elif(const Body& nodes, const Branch& branch, const Names& empty) {
    std::vector<Names> found;
    found.push_back(branch([&] { body(nodes); }));
    found.push_back(empty);
    found.push_back(empty);
    names_->merge(found);
  }

  Names* names_;
};

// Binds the names of one scope and goes on into the scopes inside it.
class Binder {
 public:
  explicit Binder(const Program& program) : program_(program) {}

  void body(Body& nodes, const Names& names) {
    for (const StatementPtr& node : nodes) statement(*node, names);
  }

  // Makes the scope of a body: `prepare` declares what is there from the beginning.
  template <class Prepare, class Bind>
  FrameLayout scope(const Names* parent, const Prepare& prepare, const Bind& bind) {
    std::map<Symbol, std::uint32_t> slots;
    Names names(parent, slots);
    Collector collector(names);
    prepare(names, collector);
    bind(std::as_const(names));
    return names.layout();
  }

  FrameLayout plain_scope(const Names* parent, Body& nodes) {
    return scope(
        parent, [&](Names&, Collector& collector) { collector.body(nodes); },
        [&](const Names& names) { body(nodes, names); });
  }

 private:
  static VariableRef ref(const Names& names, Symbol symbol) {
    return names.find(symbol).value_or(VariableRef{});
  }

  void expression(const ExpressionPtr& node, const Names& names) {
    if (!node) return;
    if (node->kind == ExpressionKind::kName) {
      auto& name = static_cast<NameExpression&>(*node);
      name.ref = ref(names, name.symbol);
    }
    for_each_child(*node, [&](ExpressionPtr& child) { expression(child, names); });
  }

  void target(Target& node, const Names& names) {
    for (Target& item : node.items) target(item, names);
    if (node.kind != Target::Kind::kTuple) node.ref = ref(names, node.symbol);
  }

  void statement(Statement& node, const Names& names) {
    switch (node.kind) {
      case StatementKind::kPrint:
        for (const ExpressionPtr& value : static_cast<PrintStatement&>(node).values) {
          expression(value, names);
        }
        break;
      case StatementKind::kIf: {
        auto& branches = static_cast<IfStatement&>(node);
        for (IfStatement::Branch& branch : branches.branches) {
          expression(branch.condition, names);
          body(branch.body, names);
        }
        body(branches.otherwise, names);
        break;
      }
      case StatementKind::kFor:
        for_statement(static_cast<ForStatement&>(node), names);
        break;
      case StatementKind::kSet: {
        auto& set = static_cast<SetStatement&>(node);
        expression(set.value, names);
        target(set.target, names);
        break;
      }
      case StatementKind::kSetBlock:
        set_block(static_cast<SetBlockStatement&>(node), names);
        break;
      case StatementKind::kMacro: {
        auto& definition = static_cast<MacroStatement&>(node);
        definition.ref = ref(names, definition.symbol);
        macro(definition.macro, names);
        break;
      }
      case StatementKind::kCallBlock: {
        auto& block = static_cast<CallBlockStatement&>(node);
        expression(block.call->callee, names);
        for_each_argument(block.call->arguments,
                          [&](const ExpressionPtr& e) { expression(e, names); });
        macro(block.macro, names);
        break;
      }
      default:
        block_statement(node, names);
    }
  }

  void block_statement(Statement& node, const Names& names) {
    switch (node.kind) {
      case StatementKind::kFilterBlock: {
        auto& block = static_cast<FilterBlockStatement&>(node);
        block.frame = scope(
            &names,
            [&](Names&, Collector& collector) {
              collector.body(block.body);
              collector.expression(block.filter);
            },
            [&](const Names& inner) {
              body(block.body, inner);
              expression(block.filter, inner);
            });
        break;
      }
      case StatementKind::kWith:
        with_statement(static_cast<WithStatement&>(node), names);
        break;
      case StatementKind::kScope: {
        auto& block = static_cast<ScopeStatement&>(node);
        block.frame = plain_scope(block.top_level ? nullptr : &names, block.body);
        break;
      }
      case StatementKind::kAutoescape: {
        auto& block = static_cast<AutoescapeStatement&>(node);
        expression(block.enabled, names);
        block.frame = plain_scope(&names, block.body);
        break;
      }
      default:
        break;
    }
  }

  void for_statement(ForStatement& node, const Names& names) {
    expression(node.items, names);
    node.body_frame = scope(
        &names,
        [&](Names& inner, Collector& collector) {
          collector.target(node.target, true);
          inner.declare_parameter(program_.loop);
          collector.body(node.body);
        },
        [&](const Names& inner) {
          target(node.target, inner);
          node.loop_slot = ref(inner, program_.loop).slot;
          body(node.body, inner);
        });
    if (node.condition) {
      node.condition_frame = scope(
          &names,
          [&](Names&, Collector& collector) {
            collector.target(node.target, true);
            collector.expression(node.condition);
          },
          [&](const Names& inner) { expression(node.condition, inner); });
    }
    node.else_frame = plain_scope(&names, node.otherwise);
  }

  void set_block(SetBlockStatement& node, const Names& names) {
    target(node.target, names);
    node.frame = scope(
        &names,
        [&](Names&, Collector& collector) {
          collector.body(node.body);
          collector.expression(node.filter);
        },
        [&](const Names& inner) {
          body(node.body, inner);
          expression(node.filter, inner);
        });
  }

  void with_statement(WithStatement& node, const Names& names) {
    for (auto& assignment : node.assignments) expression(assignment.value, names);
    node.frame = scope(
        &names,
        [&](Names&, Collector& collector) {
          for (auto& assignment : node.assignments) collector.target(assignment.target, true);
          collector.body(node.body);
        },
        [&](const Names& inner) {
          for (auto& assignment : node.assignments) target(assignment.target, inner);
          body(node.body, inner);
        });
  }

  void macro(MacroDefinition& node, const Names& names) {
    node.frame = scope(
        &names,
        [&](Names& inner, Collector& collector) {
          for (auto& parameter : node.parameters) inner.declare_parameter(parameter.symbol);
          for (auto& parameter : node.parameters) collector.expression(parameter.default_value);
          collector.body(node.body);
          if (node.uses_caller) inner.declare_parameter(node.caller);
          if (node.uses_keywords) inner.declare_parameter(node.keywords);
          if (node.uses_positional) inner.declare_parameter(node.positional);
        },
        [&](const Names& inner) {
          for (auto& parameter : node.parameters) {
            parameter.slot = ref(inner, parameter.symbol).slot;
            expression(parameter.default_value, inner);
          }
          node.caller_slot = ref(inner, node.caller).slot;
          node.keywords_slot = ref(inner, node.keywords).slot;
          node.positional_slot = ref(inner, node.positional).slot;
          body(node.body, inner);
        });
  }

  const Program& program_;
};

}  // namespace

void resolve_scopes(Program& program) {
  Binder binder(program);
  program.frame = binder.plain_scope(nullptr, program.body);
}

}  // namespace forge::jinja
