// core/text/jinja/data.hpp: the values a template is rendered with, as JSON knows them.
//
// A tree of plain values; objects keep the order of their members, because templates print them in
// that order. A value type: reading one from several threads is safe.
#ifndef FORGE_CORE_TEXT_JINJA_DATA_HPP_
#define FORGE_CORE_TEXT_JINJA_DATA_HPP_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::jinja {

class Data {
 public:
  struct Member;
  using Array = std::vector<Data>;
  using Object = std::vector<Member>;
  // An integer beyond 64 bits: its decimal digits, with a sign when negative.
  struct LargeInteger {
    std::string digits;
    bool operator==(const LargeInteger&) const = default;
  };

  Data();  // null
  // NOLINTBEGIN(google-explicit-constructor): values turn into Data where one is wanted
  Data(bool value);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Data(T value);
  Data(double value);
  Data(LargeInteger value);
  Data(std::string value);
  Data(std::string_view value);
  Data(const char* value);
  Data(Array value);
  Data(Object value);
  // NOLINTEND(google-explicit-constructor)
  // {{"role", "user"}, {"content", "Hi"}}
  static Data object(std::initializer_list<Member> members);

  // Reads JSON. Numbers without fraction and exponent stay integers of any size; of members with
  // the same key the last one counts. Errors name line and column, and what is wrong there.
  // invalid_argument.
  static Result<Data> parse_json(std::string_view text);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The value when it has that type, or null.
  const bool* as_bool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value_); }
  const LargeInteger* as_large_integer() const { return std::get_if<LargeInteger>(&value_); }
  const double* as_number() const { return std::get_if<double>(&value_); }
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }
  Array* as_array() { return std::get_if<Array>(&value_); }
  Object* as_object() { return std::get_if<Object>(&value_); }

  // A member of an object; null when this is no object or has no such member.
  const Data* find(std::string_view key) const;
  Data* find(std::string_view key);
  // Sets a member; this becomes an object when it was null.
  void set(std::string_view key, Data value);

  // "null", "boolean", "number", "string", "array" or "object", for messages.
  std::string_view type_name() const;

  bool operator==(const Data&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, LargeInteger, double, std::string, Array, Object>
      value_;
};

struct Data::Member {
  std::string key;
  Data value;
  bool operator==(const Member&) const = default;
};

// Here and not above: they destroy objects, whose members must be complete.
template <std::integral T>
  requires(!std::same_as<T, bool>)
Data::Data(T value) : value_(static_cast<std::int64_t>(value)) {}
inline Data::Data(bool value) : value_(value) {}
inline Data::Data(double value) : value_(value) {}
inline Data::Data(LargeInteger value) : value_(std::move(value)) {}
inline Data::Data(std::string value) : value_(std::move(value)) {}
inline Data::Data(std::string_view value) : value_(std::string(value)) {}
inline Data::Data(const char* value) : value_(std::string(value)) {}
inline Data::Data(Array value) : value_(std::move(value)) {}
inline Data::Data(Object value) : value_(std::move(value)) {}
inline Data Data::object(std::initializer_list<Member> members) { return Object(members); }

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_DATA_HPP_
