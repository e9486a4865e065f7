#include "core/text/jinja/ast.hpp"

#include "core/text/jinja/macro.hpp"

namespace forge::jinja {

TextConstant::TextConstant(std::string text) : bytes_(std::move(text)) {
  header_.data = bytes_.data();
  header_.size = bytes_.size();
  // Counted now: later the constant is only read, by any number of threads.
  static_cast<void>(header_.character_count());
}

std::vector<std::string_view> parameter_names(const Macro& macro) {
  std::vector<std::string_view> out;
  for (const auto& parameter : macro.definition->parameters) out.push_back(parameter.name);
  return out;
}

bool catches_keywords(const Macro& macro) { return macro.definition->uses_keywords; }
bool catches_positional(const Macro& macro) { return macro.definition->uses_positional; }
bool uses_caller(const Macro& macro) { return macro.definition->uses_caller; }

}  // namespace forge::jinja
