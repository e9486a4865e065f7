// core/text/jinja/parameters.hpp: matches the arguments of a call with the parameters of a
// function, as Python does.
#ifndef FORGE_CORE_TEXT_JINJA_PARAMETERS_HPP_
#define FORGE_CORE_TEXT_JINJA_PARAMETERS_HPP_

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "core/text/jinja/value.hpp"

namespace forge::jinja {

class Parameters {
 public:
  static constexpr std::size_t kMost = 6;

  // Parameters of `function`, in order; the first `required` have no default. Arguments that do
  // not fit throw Error.
  Parameters(std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> names, std::size_t required);

  // A parameter's argument; missing when none was given.
  const Value& operator[](std::size_t index) const { return values_[index]; }
  bool has(std::size_t index) const { return !values_[index].is_missing(); }
  // Given, and not none.
  bool is_set(std::size_t index) const { return has(index) && !values_[index].is_none(); }

 private:
  std::array<Value, kMost> values_;
};

// For functions without parameters.
void expect_no_arguments(std::string_view function, const Arguments& arguments);
// For functions whose parameters have no names; between `least` and `most` of them.
void expect_positional(std::string_view function, const Arguments& arguments, std::size_t least,
                       std::size_t most);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_PARAMETERS_HPP_
