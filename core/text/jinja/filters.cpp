#include "core/text/jinja/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/text/jinja/filter_functions.hpp"

namespace forge::jinja {
namespace {

// Sorted by name.
constexpr Filter kFilters[] = {
    {"abs", filters::absolute},
    {"attr", filters::attribute},
    {"batch", filters::batch},
    {"capitalize", filters::capitalize},
    {"center", filters::center},
    {"count", filters::length},
    {"d", filters::default_value},
    {"default", filters::default_value},
    {"dictsort", filters::dict_sort},
    {"e", filters::escape},
    {"escape", filters::escape},
    {"filesizeformat", filters::file_size},
    {"first", filters::first},
    {"float", filters::real},
    {"forceescape", filters::force_escape},
    {"format", filters::format},
    {"groupby", filters::group_by},
    {"indent", filters::indent},
    {"int", filters::integer},
    {"items", filters::items},
    {"join", filters::join},
    {"last", filters::last},
    {"length", filters::length},
    {"list", filters::list},
    {"lower", filters::lower},
    {"map", filters::map},
    {"max", filters::maximum},
    {"min", filters::minimum},
    {"reject", filters::reject},
    {"rejectattr", filters::reject_attribute},
    {"replace", filters::replace},
    {"reverse", filters::reverse},
    {"round", filters::round},
    {"safe", filters::safe},
    {"select", filters::select},
    {"selectattr", filters::select_attribute},
    {"slice", filters::slice},
    {"sort", filters::sort},
    {"string", filters::string},
    {"striptags", filters::strip_tags},
    {"sum", filters::sum},
    {"title", filters::title},
    {"tojson", filters::to_json},
    {"trim", filters::trim},
    {"truncate", filters::truncate},
    {"unique", filters::unique},
    {"upper", filters::upper},
    {"urlencode", filters::url_encode},
    {"wordcount", filters::word_count},
    {"xmlattr", filters::xml_attributes},
};

}  // namespace

const Filter* find_filter(std::string_view name) {
  const Filter* found =
      std::lower_bound(std::begin(kFilters), std::end(kFilters), name,
                       [](const Filter& f, std::string_view n) { return f.name < n; });
  return found != std::end(kFilters) && found->name == name ? found : nullptr;
}

Value call_filter(Runtime& runtime, std::string_view name, const Value& value,
                  const Arguments& arguments) {
  const Filter* filter = find_filter(name);
  if (filter == nullptr) fail(fmt::format("No filter named '{}'.", name));
  return filter->call(runtime, value, arguments);
}

}  // namespace forge::jinja
