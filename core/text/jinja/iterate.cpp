#include "core/text/jinja/iterate.hpp"

#include <fmt/format.h>

#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// Items of a list or tuple, by index: items appended on the way are walked too.
class SequenceIterator final : public Iterator {
 public:
  explicit SequenceIterator(const Value& value) : value_(value) {}
  bool next(Runtime&, Value& out) override {
    if (index_ >= value_.as_items().size()) return false;
    out = value_.as_items()[index_++];
    return true;
  }
  std::string_view type_name() const override {
    return value_.is_list() ? "list_iterator" : "tuple_iterator";
  }

 private:
  Value value_;
  std::size_t index_ = 0;
};

class ReversedIterator final : public Iterator {
 public:
  ReversedIterator(const Value& value, std::size_t size) : value_(value), left_(size) {}
  bool next(Runtime& runtime, Value& out) override {
    if (left_ == 0) return false;
    --left_;
    if (value_.type() == Type::kRange) {
      out = Value::integer(value_.as_range().at(static_cast<std::int64_t>(left_)));
    } else if (value_.is_dict() || value_.type() == Type::kView) {
      return entry(runtime, out);
    } else {
      if (left_ >= value_.as_items().size()) return false;
      out = value_.as_items()[left_];
    }
    return true;
  }
  std::string_view type_name() const override {
    switch (value_.type()) {
      case Type::kList:
        return "list_reverseiterator";
      case Type::kRange:
        return "range_iterator";
      case Type::kDict:
        return "dict_reversekeyiterator";
      default:
        return "reversed";
    }
  }

 private:
  bool entry(Runtime& runtime, Value& out) {
    const Dict& dict = value_.is_dict() ? value_.as_dict() : *value_.as_dict_view().dict;
    if (left_ >= dict.size()) return false;
    const Dict::Entry& entry = dict.entries()[left_];
    const View::Kind kind = value_.is_dict() ? View::Kind::kKeys : value_.as_dict_view().kind;
    out = kind == View::Kind::kKeys     ? entry.key
          : kind == View::Kind::kValues ? entry.value
                                        : entry_tuple(runtime, entry);
    return true;
  }

  Value value_;
  std::size_t left_;
};

// Characters of a text.
class TextIterator final : public Iterator {
 public:
  explicit TextIterator(const Text& text) : text_(text) {}
  bool next(Runtime& runtime, Value& out) override {
    if (offset_ >= text_.size) return false;
    const std::size_t size = unicode::decode(text_.view(), offset_).size;
    out = runtime.heap.borrow(text_.view().substr(offset_, size));
    offset_ += size;
    return true;
  }
  std::string_view type_name() const override { return "str_iterator"; }

 private:
  const Text& text_;
  std::size_t offset_ = 0;
};

class DictIterator final : public Iterator {
 public:
  DictIterator(Dict& dict, View::Kind kind) : dict_(dict), size_(dict.size()), kind_(kind) {}
  bool next(Runtime& runtime, Value& out) override {
    if (dict_.size() != size_) fail("dictionary changed size during iteration");
    if (index_ >= size_) return false;
    const Dict::Entry& entry = dict_.entries()[index_++];
    out = kind_ == View::Kind::kKeys     ? entry.key
          : kind_ == View::Kind::kValues ? entry.value
                                         : entry_tuple(runtime, entry);
    return true;
  }
  std::string_view type_name() const override { return "dict_keyiterator"; }

 private:
  Dict& dict_;
  std::size_t size_;
  View::Kind kind_;
  std::size_t index_ = 0;
};

class RangeIterator final : public Iterator {
 public:
  explicit RangeIterator(const Range& range) : range_(range) {}
  bool next(Runtime&, Value& out) override {
    if (index_ >= range_.size()) return false;
    out = Value::integer(range_.at(index_++));
    return true;
  }
  std::string_view type_name() const override { return "range_iterator"; }

 private:
  Range range_;
  std::int64_t index_ = 0;
};

class EmptyIterator final : public Iterator {
 public:
  explicit EmptyIterator(std::string_view type) : type_(type) {}
  bool next(Runtime&, Value&) override { return false; }
  std::string_view type_name() const override { return type_; }

 private:
  std::string_view type_;
};

// A LoopContext yields (item, loop) and moves the loop itself on.
class LoopIterator final : public Iterator {
 public:
  explicit LoopIterator(Loop& loop) : loop_(loop) {}
  bool next(Runtime& runtime, Value& out) override {
    Value item;
    if (!loop_.advance(runtime, item)) return false;
    out = runtime.heap.tuple({item, Value::loop(&loop_)});
    return true;
  }

 private:
  Loop& loop_;
};

}  // namespace

Value entry_tuple(Runtime& runtime, const Dict::Entry& entry) {
  return runtime.heap.tuple({entry.key, entry.value});
}

bool is_iterable(const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
    case Type::kText:
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kView:
    case Type::kRange:
    case Type::kIterator:
    case Type::kLoop:
      return true;
    default:
      return false;
  }
}

Iterator& iterate(Runtime& runtime, const Value& value) {
  Heap& heap = runtime.heap;
  switch (value.type()) {
    case Type::kUndefined:
      return *heap.make<EmptyIterator>("generator");
    case Type::kText:
      return *heap.make<TextIterator>(value.as_text());
    case Type::kList:
    case Type::kTuple:
      return *heap.make<SequenceIterator>(value);
    case Type::kDict:
      return *heap.make<DictIterator>(value.as_dict(), View::Kind::kKeys);
    case Type::kView:
      return *heap.make<DictIterator>(*value.as_dict_view().dict, value.as_dict_view().kind);
    case Type::kRange:
      return *heap.make<RangeIterator>(value.as_range());
    case Type::kIterator:
      return value.as_iterator();
    case Type::kLoop:
      return *heap.make<LoopIterator>(value.as_loop());
    default:
      fail(fmt::format("'{}' object is not iterable", type_name(value)));
  }
}

Iterator* iterate_backwards(Runtime& runtime, const Value& value) {
  switch (value.type()) {
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kView:
    case Type::kRange:
      return runtime.heap.make<ReversedIterator>(value, length_of(runtime, value));
    case Type::kUndefined:
      return runtime.heap.make<EmptyIterator>("reversed");
    default:
      return nullptr;
  }
}

std::vector<Value> items_of(Runtime& runtime, const Value& value) {
  std::vector<Value> out;
  Iterator& walk = iterate(runtime, value);
  Value item;
  while (walk.next(runtime, item)) {
    runtime.step();
    out.push_back(item);
  }
  return out;
}

Value list_of(Runtime& runtime, const Value& value) {
  const std::vector<Value> items = items_of(runtime, value);
  const Value out = runtime.heap.list();
  out.as_items().assign(items.begin(), items.end());
  return out;
}

std::vector<Value> unpack(Runtime& runtime, const Value& value, std::size_t count) {
  if (!is_iterable(value)) {
    fail(fmt::format("cannot unpack non-iterable {} object", type_name(value)));
  }
  Iterator& walk = iterate(runtime, value);
  std::vector<Value> out;
  Value item;
  while (out.size() < count && walk.next(runtime, item)) out.push_back(item);
  if (out.size() < count) {
    fail(fmt::format("not enough values to unpack (expected {}, got {})", count, out.size()));
  }
  if (walk.next(runtime, item)) fail(fmt::format("too many values to unpack (expected {})", count));
  return out;
}

}  // namespace forge::jinja
