// Filters that give generators: items are made when they are asked for, and only once.
//
// As in Jinja, most wrong arguments are noticed only then.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/filter_functions.hpp"
#include "core/text/jinja/filters.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/path.hpp"
#include "core/text/jinja/tests.hpp"

namespace forge::jinja::filters {
namespace {

// Arguments that live as long as the heap.
Arguments keep(Runtime& rt, const Arguments& args) {
  Value* positional = rt.heap.array<Value>(args.positional_count);
  std::copy_n(args.positional, args.positional_count, positional);
  Keyword* keywords = rt.heap.array<Keyword>(args.keyword_count);
  std::copy_n(args.keywords, args.keyword_count, keywords);
  return {positional, args.positional_count, keywords, args.keyword_count};
}

Parameters batch_parameters(const Arguments& args) {
  return {"do_batch", args, {"linecount", "fill_with"}, 1};
}
Parameters slice_parameters(const Arguments& args) {
  return {"sync_do_slice", args, {"slices", "fill_with"}, 1};
}
Parameters unique_parameters(const Arguments& args) {
  return {"do_unique", args, {"case_sensitive", "attribute"}, 0};
}

Arguments without_first(const Arguments& args, std::size_t count) {
  return {args.positional + count, args.positional_count - count, args.keywords,
          args.keyword_count};
}

// Walks over a value; what it yields is up to the derived class, whose start() runs before the
// first item and may say that there are none.
class Generator : public Iterator {
 public:
  Generator(const Value& value, const Arguments& arguments)
      : value_(value), arguments_(arguments) {}

  bool next(Runtime& rt, Value& out) final {
    const Runtime::Nesting nesting(rt);  // a generator may walk over another one, and so on
    if (state_ == State::kNew) state_ = start(rt) ? State::kRunning : State::kDone;
    if (state_ == State::kDone) return false;
    rt.step();
    if (produce(rt, out)) return true;
    state_ = State::kDone;
    return false;
  }

 protected:
  ~Generator() = default;

  virtual bool start(Runtime& rt) {
    if (!is_true(rt, value_)) return false;
    walk_ = &iterate(rt, value_);
    return true;
  }
  virtual bool produce(Runtime& rt, Value& out) = 0;

  bool next_item(Runtime& rt, Value& out) { return walk_->next(rt, out); }
  const Value& value() const { return value_; }
  const Arguments& arguments() const { return arguments_; }
  void set_walk(Iterator& walk) { walk_ = &walk; }

 private:
  enum class State { kNew, kRunning, kDone };
  Value value_;
  Arguments arguments_;
  Iterator* walk_ = nullptr;
  State state_ = State::kNew;
};

// map(attribute="x", default=y), or map("filter", arguments)
class Map final : public Generator {
 public:
  using Generator::Generator;

 private:
  bool start(Runtime& rt) override {
    if (!Generator::start(rt)) return false;
    by_attribute_ = arguments().positional_count == 0 && find("attribute") != nullptr;
    if (by_attribute_) {
      for (std::size_t i = 0; i < arguments().keyword_count; ++i) {
        const std::string_view name = arguments().keywords[i].name;
        if (name != "attribute" && name != "default") {
          fail(fmt::format("Unexpected keyword argument '{}'", name));
        }
      }
      path_ = parse_path(rt, *find("attribute"));
      if (const Value* otherwise = find("default")) otherwise_ = *otherwise;
      return true;
    }
    if (arguments().positional_count == 0) fail("map requires a filter argument");
    if (!arguments().positional[0].is_text()) fail("the name of a filter must be a text");
    return true;
  }

  bool produce(Runtime& rt, Value& out) override {
    Value item;
    if (!next_item(rt, item)) return false;
    out = by_attribute_ ? follow_path(rt, path_, item, otherwise_)
                        : call_filter(rt, arguments().positional[0].as_view(), item,
                                      without_first(arguments(), 1));
    return true;
  }

  const Value* find(std::string_view name) const {
    for (std::size_t i = 0; i < arguments().keyword_count; ++i) {
      if (arguments().keywords[i].name == name) return &arguments().keywords[i].value;
    }
    return nullptr;
  }

  bool by_attribute_ = false;
  Value path_;
  Value otherwise_;
};

// select and reject, and the same by an attribute.
class Select final : public Generator {
 public:
  Select(const Value& value, const Arguments& arguments, bool wanted, bool by_attribute)
      : Generator(value, arguments), wanted_(wanted), by_attribute_(by_attribute) {}

 private:
  bool start(Runtime& rt) override {
    if (!Generator::start(rt)) return false;
    if (by_attribute_) {
      if (arguments().positional_count == 0) fail("Missing parameter for attribute name");
      path_ = parse_path(rt, arguments().positional[0]);
    }
    return true;
  }

  bool produce(Runtime& rt, Value& out) override {
    while (next_item(rt, out)) {
      rt.step();
      if (fits(rt, by_attribute_ ? follow_path(rt, path_, out) : out) == wanted_) return true;
    }
    return false;
  }

  bool fits(Runtime& rt, const Value& tested) const {
    const std::size_t name = by_attribute_ ? 1 : 0;
    if (arguments().positional_count <= name) return is_true(rt, tested);
    if (!arguments().positional[name].is_text()) fail("the name of a test must be a text");
    return call_test(rt, arguments().positional[name].as_view(), tested,
                     without_first(arguments(), name + 1));
  }

  bool wanted_;
  bool by_attribute_;
  Value path_;
};

class Unique final : public Generator {
 public:
  using Generator::Generator;

 private:
  bool start(Runtime& rt) override {
    const Parameters parameters = unique_parameters(arguments());
    exact_ = parameters.has(0) && is_true(rt, parameters[0]);
    path_ = parse_path(rt, parameters[1]);
    seen_ = rt.heap.dict();
    set_walk(iterate(rt, value()));
    return true;
  }

  bool produce(Runtime& rt, Value& out) override {
    while (next_item(rt, out)) {
      rt.step();
      Value key = follow_path(rt, path_, out);
      if (!exact_) key = ignore_case(rt, key);
      if (seen_.as_dict().find(rt, key) != nullptr) continue;
      seen_.as_dict().set(rt, key, Value::none());
      return true;
    }
    return false;
  }

  bool exact_ = false;
  Value path_;
  Value seen_;
};

class Batch final : public Generator {
 public:
  using Generator::Generator;

 private:
  bool start(Runtime& rt) override {
    const Parameters parameters = batch_parameters(arguments());
    size_ = parameters[0];
    fill_ = parameters[1];
    set_walk(iterate(rt, value()));
    return true;
  }

  bool produce(Runtime& rt, Value& out) override {
    const Value line = rt.heap.list();
    const bool counted = size_.is_integer();
    const std::int64_t size = counted ? to_index(rt, size_) : -1;
    Value item;
    if (!pending_.is_missing()) {
      line.as_items().push_back(pending_);
      pending_ = Value();
    }
    while (next_item(rt, item)) {
      rt.step();
      if (static_cast<std::int64_t>(line.as_items().size()) == size) {
        pending_ = item;
        out = line;
        return true;
      }
      line.as_items().push_back(item);
    }
    if (line.as_items().empty()) return false;
    if (!fill_.is_missing() && !fill_.is_none()) {
      rt.step(size > 0 ? static_cast<std::uint64_t>(size) : 0);
      while (static_cast<std::int64_t>(line.as_items().size()) < size) {
        line.as_items().push_back(fill_);
      }
    }
    out = line;
    return true;
  }

  Value size_;
  Value fill_;
  Value pending_;
};

class Slice final : public Generator {
 public:
  using Generator::Generator;

 private:
  bool start(Runtime& rt) override {
    const Parameters parameters = slice_parameters(arguments());
    slices_ = to_index(rt, parameters[0]);
    fill_ = parameters[1];
    items_ = list_of(rt, value());
    if (slices_ == 0) fail("integer division or modulo by zero");
    return true;
  }

  bool produce(Runtime& rt, Value& out) override {
    if (number_ >= slices_) return false;
    const auto length = static_cast<std::int64_t>(items_.as_items().size());
    const std::int64_t each = length / slices_, larger = length % slices_;
    const std::int64_t begin = offset_ + number_ * each;
    if (number_ < larger) ++offset_;
    const std::int64_t end = offset_ + (number_ + 1) * each;
    out = rt.heap.list();
    for (std::int64_t i = begin; i < end; ++i) {
      out.as_items().push_back(items_.as_items()[static_cast<std::size_t>(i)]);
    }
    if (!fill_.is_missing() && !fill_.is_none() && number_ >= larger) {
      out.as_items().push_back(fill_);
    }
    ++number_;
    return true;
  }

  std::int64_t slices_ = 0;
  std::int64_t number_ = 0;
  std::int64_t offset_ = 0;
  Value fill_;
  Value items_;
};

class Items final : public Generator {
 public:
  using Generator::Generator;

 private:
  bool start(Runtime& rt) override {
    if (value().is_undefined()) return false;
    if (!value().is_dict()) fail("Can only get item pairs from a mapping.");
    View* view = rt.heap.make<View>(View{&value().as_dict(), View::Kind::kItems});
    set_walk(iterate(rt, Value::view(view)));
    return true;
  }
  bool produce(Runtime& rt, Value& out) override { return next_item(rt, out); }
};

template <class T, class... More>
Value generate(Runtime& rt, const Value& self, const Arguments& args, More... more) {
  return Value::iterator(rt.heap.make<T>(self, keep(rt, args), more...));
}

}  // namespace

Value attribute(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_attr", args, {"name"}, 1);
  if (!parameters[0].is_text()) fail("attribute name must be string");
  return get_attribute_only(rt, self, parameters[0]);
}

Value batch(Runtime& rt, const Value& self, const Arguments& args) {
  static_cast<void>(batch_parameters(args));
  return generate<Batch>(rt, self, args);
}
Value items(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("items", args);
  return generate<Items>(rt, self, args);
}
Value map(Runtime& rt, const Value& self, const Arguments& args) {
  return generate<Map>(rt, self, args);
}
Value reject(Runtime& rt, const Value& self, const Arguments& args) {
  return generate<Select>(rt, self, args, false, false);
}
Value reject_attribute(Runtime& rt, const Value& self, const Arguments& args) {
  return generate<Select>(rt, self, args, false, true);
}
Value select(Runtime& rt, const Value& self, const Arguments& args) {
  return generate<Select>(rt, self, args, true, false);
}
Value select_attribute(Runtime& rt, const Value& self, const Arguments& args) {
  return generate<Select>(rt, self, args, true, true);
}
Value slice(Runtime& rt, const Value& self, const Arguments& args) {
  static_cast<void>(slice_parameters(args));
  return generate<Slice>(rt, self, args);
}
Value unique(Runtime& rt, const Value& self, const Arguments& args) {
  static_cast<void>(unique_parameters(args));
  return generate<Unique>(rt, self, args);
}

}  // namespace forge::jinja::filters
