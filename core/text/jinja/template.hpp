// core/text/jinja/template.hpp: a template of the Jinja language, as GGUF files carry them.
//
// Behaves like python3-jinja2 set up the way transformers does it for chat templates: a sandbox,
// trim_blocks and lstrip_blocks on, the loop controls, {% generation %}, tojson without HTML
// escapes, raise_exception and strftime_now. docs/chat-templates.md lists what differs.
#ifndef FORGE_CORE_TEXT_JINJA_TEMPLATE_HPP_
#define FORGE_CORE_TEXT_JINJA_TEMPLATE_HPP_

#include <memory>
#include <string>
#include <string_view>

#include "core/text/jinja/data.hpp"
#include "core/text/jinja/render_options.hpp"
#include "forge/sdk/status.hpp"

namespace forge::jinja {

struct Program;

// A parsed template. Immutable: any number of threads may render one at the same time. Copies
// share the parsed tree.
class Template {
 public:
  // `name` is what messages call the template. Errors name line and column and show the place;
  // invalid_argument, or resource_exhausted beyond the fixed limits.
  static Result<Template> parse(std::string_view source, std::string name = "template");

  // The rendered text. Variables are the members of an object (or null for none); the caller keeps
  // it alive during the call. Errors as above; the message given to raise_exception arrives in the
  // error. A rendering that costs more than its limits ends in resource_exhausted.
  Result<std::string> render(const Data& variables, const RenderOptions& options = {}) const;

  const std::string& name() const { return name_; }
  // The source as Jinja sees it: line breaks are "\n", one at the very end is gone.
  const std::string& source() const;

 private:
  Template(std::shared_ptr<const Program> program, std::string name);

  std::shared_ptr<const Program> program_;
  std::string name_;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_TEMPLATE_HPP_
