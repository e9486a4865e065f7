// core/text/jinja/attribute.hpp: object.name, object[key] and object[a:b:c].
//
// As in Jinja's sandbox: a name is looked for among the object's attributes and methods first and
// then among its items, a subscript the other way round. What is not there is undefined; so are
// names that start with an underscore, and methods that would change a list or dict unless the
// rendering allows that.
#ifndef FORGE_CORE_TEXT_JINJA_ATTRIBUTE_HPP_
#define FORGE_CORE_TEXT_JINJA_ATTRIBUTE_HPP_

#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// `name` is a text.
Value get_attribute(Runtime& runtime, const Value& object, const Value& name);
Value get_item(Runtime& runtime, const Value& object, const Value& key);
// Bounds are whole numbers or none.
Value get_slice(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
                const Value& step);

// object|attr(name): attributes only, never items.
Value get_attribute_only(Runtime& runtime, const Value& object, const Value& name);

// Methods of a type; null when it has none of that name.
struct Method {
  std::string_view name;
  NativeCall call;
};
const Method* find_text_method(std::string_view name);
const Method* find_list_method(std::string_view name);
const Method* find_tuple_method(std::string_view name);
const Method* find_dict_method(std::string_view name);

// dict(value, **keywords) and the same for a namespace: entries are added to `out`.
void fill_dict(Runtime& runtime, Dict& out, std::string_view function, const Arguments& arguments);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_ATTRIBUTE_HPP_
