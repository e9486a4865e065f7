// core/text/jinja/filter_functions.hpp: every filter's function, for the table in filters.cpp.
#ifndef FORGE_CORE_TEXT_JINJA_FILTER_FUNCTIONS_HPP_
#define FORGE_CORE_TEXT_JINJA_FILTER_FUNCTIONS_HPP_

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja::filters {

// Each takes the runtime, the value that is filtered, and what stands in the brackets.
// filters_text.cpp
Value capitalize(Runtime&, const Value&, const Arguments&);
Value center(Runtime&, const Value&, const Arguments&);
Value escape(Runtime&, const Value&, const Arguments&);
Value force_escape(Runtime&, const Value&, const Arguments&);
Value format(Runtime&, const Value&, const Arguments&);
Value indent(Runtime&, const Value&, const Arguments&);
Value lower(Runtime&, const Value&, const Arguments&);
Value replace(Runtime&, const Value&, const Arguments&);
Value safe(Runtime&, const Value&, const Arguments&);
Value string(Runtime&, const Value&, const Arguments&);
Value strip_tags(Runtime&, const Value&, const Arguments&);
Value title(Runtime&, const Value&, const Arguments&);
Value trim(Runtime&, const Value&, const Arguments&);
Value truncate(Runtime&, const Value&, const Arguments&);
Value upper(Runtime&, const Value&, const Arguments&);
Value url_encode(Runtime&, const Value&, const Arguments&);
Value word_count(Runtime&, const Value&, const Arguments&);
Value xml_attributes(Runtime&, const Value&, const Arguments&);

// filters_number.cpp
Value absolute(Runtime&, const Value&, const Arguments&);
Value default_value(Runtime&, const Value&, const Arguments&);
Value file_size(Runtime&, const Value&, const Arguments&);
Value integer(Runtime&, const Value&, const Arguments&);
Value real(Runtime&, const Value&, const Arguments&);
Value round(Runtime&, const Value&, const Arguments&);
Value to_json(Runtime&, const Value&, const Arguments&);

// filters_sequence.cpp
Value first(Runtime&, const Value&, const Arguments&);
Value join(Runtime&, const Value&, const Arguments&);
Value last(Runtime&, const Value&, const Arguments&);
Value length(Runtime&, const Value&, const Arguments&);
Value list(Runtime&, const Value&, const Arguments&);
Value maximum(Runtime&, const Value&, const Arguments&);
Value minimum(Runtime&, const Value&, const Arguments&);
Value reverse(Runtime&, const Value&, const Arguments&);
Value sum(Runtime&, const Value&, const Arguments&);

// filters_order.cpp
Value dict_sort(Runtime&, const Value&, const Arguments&);
Value group_by(Runtime&, const Value&, const Arguments&);
Value sort(Runtime&, const Value&, const Arguments&);

// filters_lazy.cpp: these give generators
Value attribute(Runtime&, const Value&, const Arguments&);
Value batch(Runtime&, const Value&, const Arguments&);
Value items(Runtime&, const Value&, const Arguments&);
Value map(Runtime&, const Value&, const Arguments&);
Value reject(Runtime&, const Value&, const Arguments&);
Value reject_attribute(Runtime&, const Value&, const Arguments&);
Value select(Runtime&, const Value&, const Arguments&);
Value select_attribute(Runtime&, const Value&, const Arguments&);
Value slice(Runtime&, const Value&, const Arguments&);
Value unique(Runtime&, const Value&, const Arguments&);

}  // namespace forge::jinja::filters

#endif  // FORGE_CORE_TEXT_JINJA_FILTER_FUNCTIONS_HPP_
