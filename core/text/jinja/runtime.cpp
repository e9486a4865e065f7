#include "core/text/jinja/runtime.hpp"

#include <fmt/format.h>

namespace forge::jinja {

void Runtime::fail_steps() const {
  fail_limit(fmt::format("the template takes more than {} steps", options_.limits.steps));
}

void Runtime::fail_nesting() {
  fail_limit(fmt::format("values are nested more than {} deep", kMaxValueDepth));
}

}  // namespace forge::jinja
