// core/text/jinja/render_options.hpp: what a rendering may differ in, apart from its variables.
#ifndef FORGE_CORE_TEXT_JINJA_RENDER_OPTIONS_HPP_
#define FORGE_CORE_TEXT_JINJA_RENDER_OPTIONS_HPP_

#include <optional>

#include "core/text/jinja/date_time.hpp"
#include "core/text/jinja/limits.hpp"

namespace forge::jinja {

struct RenderOptions {
  Limits limits;
  // What strftime_now() prints; the time of the call when empty.
  std::optional<DateTime> now;
  // Whether lists and dicts can be changed by append, update and the like. Jinja's immutable
  // sandbox, in which transformers renders, forbids it.
  bool allow_mutation = false;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_RENDER_OPTIONS_HPP_
