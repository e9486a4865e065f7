#include "core/text/jinja/template.hpp"

#include <fmt/format.h>

#include "core/base/quote.hpp"
#include "core/text/jinja/error.hpp"
#include "core/text/jinja/evaluator.hpp"
#include "core/text/jinja/parser.hpp"
#include "core/text/jinja/source.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// A message that cannot drive a terminal: a template may raise anything. Line breaks and tabs stay.
std::string safe_message(std::string_view message) {
  std::string out, plain;
  for (const char c : message) {
    if (c == '\n' || c == '\t') {
      append_printable(out, std::exchange(plain, {}));
      out += c;
    } else {
      plain += c;
    }
  }
  append_printable(out, plain);
  return out;
}

Status to_status(const Error& error, std::string_view source, std::size_t offset,
                 std::string_view name) {
  const Position at = position_of(source, offset);
  const Code code =
      error.kind() == Error::Kind::kLimit ? Code::kResourceExhausted : Code::kInvalidArgument;
  return {code, fmt::format("{}, line {}, column {}: {}\n{}", name, at.line, at.column,
                            safe_message(error.message()), excerpt(source, offset))};
}

Status out_of_memory(std::string_view name) {
  return resource_exhausted(fmt::format("{}: out of memory", name));
}

}  // namespace

Template::Template(std::shared_ptr<const Program> program, std::string name)
    : program_(std::move(program)), name_(std::move(name)) {}

const std::string& Template::source() const { return program_->source; }

Result<Template> Template::parse(std::string_view source, std::string name) {
  try {
    if (source.size() > kMaxSourceBytes) {
      return resource_exhausted(fmt::format("{}: its {} bytes are more than the {} allowed", name,
                                            source.size(), kMaxSourceBytes));
    }
    auto program = std::make_shared<Program>();
    program->source = normalize_source(source);
    const std::string_view text = program->source;
    const std::size_t invalid = unicode::find_invalid(text);
    if (invalid != std::string_view::npos) {
      const Error error(Error::Kind::kTemplate, "this is not valid UTF-8");
      return to_status(error, text, invalid, name);
    }
    try {
      Parser(*program).parse();
    } catch (const Error& error) {
      return to_status(error, text, error.offset(), name);
    }
    return Template(std::move(program), std::move(name));
  } catch (const std::bad_alloc&) {
    return out_of_memory(name);
  }
}

Result<std::string> Template::render(const Data& variables, const RenderOptions& options) const {
  try {
    if (!variables.is_null() && variables.as_object() == nullptr) {
      return invalid_argument(
          fmt::format("{}: its variables must be an object, not {}", name_, variables.type_name()));
    }
    Evaluator evaluator(*program_, options);
    try {
      if (const Data::Object* members = variables.as_object()) {
        for (const Data::Member& member : *members) evaluator.define(member.key, member.value);
      }
      return evaluator.run();
    } catch (const Error& error) {
      const std::size_t offset =
          error.offset() == Error::kNoOffset ? evaluator.offset() : error.offset();
      return to_status(error, program_->source, offset, name_);
    }
  } catch (const Error& error) {
    return to_status(error, program_->source, 0, name_);
  } catch (const std::bad_alloc&) {
    return out_of_memory(name_);
  }
}

}  // namespace forge::jinja
