// core/text/jinja/macro.hpp: a macro as a value: its definition and the variables around it.
#ifndef FORGE_CORE_TEXT_JINJA_MACRO_HPP_
#define FORGE_CORE_TEXT_JINJA_MACRO_HPP_

#include <string_view>
#include <vector>

namespace forge::jinja {

struct Frame;
struct MacroDefinition;

struct Macro {
  std::string_view name;  // empty for the body of a call block
  const MacroDefinition* definition = nullptr;
  Frame* frame = nullptr;  // where it was defined
};

std::vector<std::string_view> parameter_names(const Macro& macro);
bool catches_keywords(const Macro& macro);
bool catches_positional(const Macro& macro);
bool uses_caller(const Macro& macro);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_MACRO_HPP_
