#include "core/text/jinja/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text/jinja/error.hpp"

namespace forge::jinja {

Parameters::Parameters(std::string_view function, const Arguments& arguments,
                       std::initializer_list<std::string_view> names, std::size_t required) {
  if (arguments.positional_count > names.size()) {
    fail(fmt::format("{}() takes at most {} arguments ({} given)", function, names.size(),
                     arguments.positional_count + arguments.keyword_count));
  }
  std::copy_n(arguments.positional, arguments.positional_count, values_.begin());
  for (std::size_t i = 0; i < arguments.keyword_count; ++i) {
    const Keyword& keyword = arguments.keywords[i];
    const auto* const found = std::find(names.begin(), names.end(), keyword.name);
    if (found == names.end()) {
      fail(fmt::format("{}() got an unexpected keyword argument '{}'", function, keyword.name));
    }
    Value& slot = values_[static_cast<std::size_t>(found - names.begin())];
    if (!slot.is_missing()) {
      fail(fmt::format("{}() got multiple values for argument '{}'", function, keyword.name));
    }
    slot = keyword.value;
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < required; ++i) {
    if (values_[i].is_missing()) missing.push_back(fmt::format("'{}'", *(names.begin() + i)));
  }
  if (!missing.empty()) {
    fail(fmt::format("{}() missing {} required positional argument{}: {}", function, missing.size(),
                     missing.size() == 1 ? "" : "s", fmt::join(missing, " and ")));
  }
}

void expect_no_arguments(std::string_view function, const Arguments& arguments) {
  if (arguments.keyword_count > 0) fail(fmt::format("{}() takes no keyword arguments", function));
  if (arguments.positional_count > 0) {
    fail(fmt::format("{}() takes no arguments ({} given)", function, arguments.positional_count));
  }
}

void expect_positional(std::string_view function, const Arguments& arguments, std::size_t least,
                       std::size_t most) {
  if (arguments.keyword_count > 0) fail(fmt::format("{}() takes no keyword arguments", function));
  const std::size_t count = arguments.positional_count;
  if (count < least) {
    fail(fmt::format("{} expected at least {} argument{}, got {}", function, least,
                     least == 1 ? "" : "s", count));
  }
  if (count > most) {
    fail(fmt::format("{} expected at most {} argument{}, got {}", function, most,
                     most == 1 ? "" : "s", count));
  }
}

}  // namespace forge::jinja
