// core/text/jinja/value.hpp: what expressions evaluate to, after Python's object model.
//
// A Value is 16 bytes, copied freely: a small number, or a pointer to an object on the Heap of one
// rendering. Objects die with that Heap, all at once; nothing is reference counted. Text of the
// template itself lives with the template and is only read.
#ifndef FORGE_CORE_TEXT_JINJA_VALUE_HPP_
#define FORGE_CORE_TEXT_JINJA_VALUE_HPP_

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "core/text/jinja/big_int.hpp"

namespace forge::jinja {

class Runtime;
struct Text;
struct Sequence;
class Dict;
struct View;
struct Range;
struct Undefined;
struct Namespace;
struct Function;
struct Macro;
class Iterator;
class Loop;
struct Cycler;
struct Joiner;

enum class Type : std::uint8_t {
  kMissing,    // no value at all: an argument not given, a variable never set
  kUndefined,  // Jinja's Undefined: prints as nothing, most operations on it are errors
  kNone,
  kBool,
  kInt,
  kBigInt,  // never a number that fits kInt
  kFloat,
  kText,
  kList,
  kTuple,
  kDict,
  kView,  // keys(), values() or items() of a dict
  kRange,
  kIterator,  // a generator: can be walked once
  kNamespace,
  kFunction,  // a filter's, method's or global's code, perhaps bound to an object
  kMacro,
  kLoop,
  kCycler,
  kJoiner,
};

class Value {
 public:
  Value() = default;  // missing
  static Value undefined(const Undefined* why) { return {Type::kUndefined, {.undefined = why}}; }
  static Value none() { return {Type::kNone, {.integer = 0}}; }
  static Value boolean(bool b) { return {Type::kBool, {.integer = b ? 1 : 0}}; }
  static Value integer(std::int64_t i) { return {Type::kInt, {.integer = i}}; }
  static Value big(const BigInt* b) { return {Type::kBigInt, {.big = b}}; }
  static Value real(double d) { return {Type::kFloat, {.real = d}}; }
  static Value text(const Text* t) { return {Type::kText, {.text = t}}; }
  static Value list(Sequence* s) { return {Type::kList, {.sequence = s}}; }
  static Value tuple(Sequence* s) { return {Type::kTuple, {.sequence = s}}; }
  static Value dict(Dict* d) { return {Type::kDict, {.dict = d}}; }
  static Value view(View* v) { return {Type::kView, {.view = v}}; }
  static Value range(Range* r) { return {Type::kRange, {.range = r}}; }
  static Value iterator(Iterator* i) { return {Type::kIterator, {.iterator = i}}; }
  static Value name_space(Namespace* n) { return {Type::kNamespace, {.name_space = n}}; }
  static Value function(Function* f) { return {Type::kFunction, {.function = f}}; }
  static Value macro(Macro* m) { return {Type::kMacro, {.macro = m}}; }
  static Value loop(Loop* l) { return {Type::kLoop, {.loop = l}}; }
  static Value cycler(Cycler* c) { return {Type::kCycler, {.cycler = c}}; }
  static Value joiner(Joiner* j) { return {Type::kJoiner, {.joiner = j}}; }

  Type type() const { return type_; }
  bool is_missing() const { return type_ == Type::kMissing; }
  bool is_undefined() const { return type_ == Type::kUndefined; }
  bool is_none() const { return type_ == Type::kNone; }
  bool is_bool() const { return type_ == Type::kBool; }
  bool is_float() const { return type_ == Type::kFloat; }
  bool is_text() const { return type_ == Type::kText; }
  bool is_list() const { return type_ == Type::kList; }
  bool is_tuple() const { return type_ == Type::kTuple; }
  bool is_dict() const { return type_ == Type::kDict; }
  // Python's int, of which bool is a kind.
  bool is_small_integer() const { return type_ == Type::kInt || type_ == Type::kBool; }
  bool is_integer() const { return is_small_integer() || type_ == Type::kBigInt; }
  bool is_number() const { return is_integer() || type_ == Type::kFloat; }

  // Each needs the type it is named after.
  const Undefined* as_undefined() const { return payload_.undefined; }
  bool as_bool() const { return payload_.integer != 0; }
  std::int64_t as_integer() const { return payload_.integer; }  // small integers
  const BigInt& as_big() const { return *payload_.big; }
  double as_real() const { return payload_.real; }
  const Text& as_text() const { return *payload_.text; }
  inline std::string_view as_view() const;  // of a text
  Sequence& as_sequence() const { return *payload_.sequence; }
  inline std::pmr::vector<Value>& as_items() const;  // of a list or tuple
  Dict& as_dict() const { return *payload_.dict; }
  View& as_dict_view() const { return *payload_.view; }
  const Range& as_range() const { return *payload_.range; }
  Iterator& as_iterator() const { return *payload_.iterator; }
  Namespace& as_namespace() const { return *payload_.name_space; }
  const Function& as_function() const { return *payload_.function; }
  const Macro& as_macro() const { return *payload_.macro; }
  Loop& as_loop() const { return *payload_.loop; }
  Cycler& as_cycler() const { return *payload_.cycler; }
  Joiner& as_joiner() const { return *payload_.joiner; }
  // The object behind the value, for identity; null for numbers and none.
  inline const void* identity() const;

 private:
  union Payload {
    std::int64_t integer;
    double real;
    const BigInt* big;
    const Undefined* undefined;
    const Text* text;
    Sequence* sequence;
    Dict* dict;
    View* view;
    Range* range;
    Iterator* iterator;
    Namespace* name_space;
    Function* function;
    Macro* macro;
    Loop* loop;
    Cycler* cycler;
    Joiner* joiner;
  };
  Value(Type type, Payload payload) : payload_(payload), type_(type) {}

  Payload payload_ = {.integer = 0};
  Type type_ = Type::kMissing;
};

// Room behind a text that grew by concatenation; see Heap::concatenate.
struct TextBuffer {
  std::size_t used = 0;
  std::size_t capacity = 0;
};

// A str. `markup` marks the result of escape and safe (markupsafe's Markup): joined to plain text,
// it escapes that text.
struct Text {
  static constexpr std::int64_t kUnknown = -1;

  const char* data = nullptr;
  std::size_t size = 0;                    // bytes
  mutable std::int64_t length = kUnknown;  // characters, counted when first asked for
  TextBuffer* buffer = nullptr;            // what data points into, when it can still grow
  bool markup = false;

  std::string_view view() const { return {data, size}; }
  // Characters and bytes have the same numbers.
  bool is_bytewise() const { return character_count() == size; }
  std::size_t character_count() const;
};

// A list or a tuple.
struct Sequence {
  explicit Sequence(std::pmr::memory_resource* memory) : items(memory) {}
  std::pmr::vector<Value> items;
  bool is_group = false;  // a pair from groupby, whose parts are also .grouper and .list
};

// range(start, stop, step); step is not 0.
struct Range {
  std::int64_t start = 0, stop = 0, step = 1;
  std::int64_t size() const;
  std::int64_t at(std::int64_t index) const { return start + index * step; }
};

// Why a value is undefined, for the message when it is used after all.
struct Undefined {
  std::string_view hint;  // the whole message, when not empty
  Value owner;            // the object that lacks `name`; missing for a variable
  Value name;             // text, or the subscript
};

// Arguments of a call, as written.
struct Keyword {
  std::string_view name;
  Value value;
};
struct Arguments {
  const Value* positional = nullptr;
  std::size_t positional_count = 0;
  const Keyword* keywords = nullptr;
  std::size_t keyword_count = 0;
};

using NativeCall = Value (*)(Runtime& runtime, const Value& self, const Arguments& arguments);

struct Function {
  std::string_view name;
  NativeCall call = nullptr;
  Value self;  // missing for a global function
};

struct Cycler {
  explicit Cycler(std::pmr::memory_resource* memory) : items(memory) {}
  std::pmr::vector<Value> items;
  std::size_t position = 0;
};

struct Joiner {
  Value separator;
  bool used = false;
};

// Something that hands out values one by one. Objects on the Heap; never deleted by themselves.
class Iterator {
 public:
  virtual bool next(Runtime& runtime, Value& out) = 0;  // false at the end
  virtual std::string_view type_name() const { return "generator"; }

 protected:
  Iterator() = default;
  Iterator(const Iterator&) = default;
  Iterator& operator=(const Iterator&) = default;
  ~Iterator() = default;
};

inline std::string_view Value::as_view() const { return payload_.text->view(); }
inline std::pmr::vector<Value>& Value::as_items() const { return payload_.sequence->items; }
inline const void* Value::identity() const {
  return is_number() || is_none() || is_missing() ? nullptr : payload_.undefined;
}

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_VALUE_HPP_
