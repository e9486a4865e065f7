#include "core/config/toml_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "core/base/quote.hpp"

namespace forge::config {
namespace {

// Walks over TOML text without building anything and finds the first place that nests deeper than
// kMaxTomlDepth: brackets within brackets, or parts of one dotted key. Text that is no TOML may
// lead it astray, but only behind the place where the parser stops.
class NestingScan {
 public:
  explicit NestingScan(std::string_view text) : text_(text) {}

  Status run(std::string_view name) {
    while (at_ < text_.size()) {
      step();
      if (dots_ > kMaxTomlDepth || brackets_ > kMaxTomlDepth) {
        return invalid_argument(fmt::format("{}:{}:{}: nested more than {} levels deep",
                                            printable(name), line_, at_ - line_start_,
                                            kMaxTomlDepth));
      }
    }
    return {};
  }

 private:
  void step() {
    const char c = text_[at_++];
    switch (c) {
      case '\n':
        new_line();
        dots_ = 0;
        break;
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        break;
      case '"':
      case '\'':
        skip_string(c);
        break;
      case '.':
        ++dots_;
        break;
      case '=':
      case ',':
        dots_ = 0;
        break;
      case '[':
      case '{':
        dots_ = 0;
        ++brackets_;
        break;
      case ']':
      case '}':
        if (brackets_ > 0) --brackets_;
        break;
      default:
        break;
    }
  }

  // at_ is behind the opening quote.
  void skip_string(char quote_mark) {
    const std::string triple(3, quote_mark);
    const bool multi_line = text_.substr(at_ - 1, 3) == triple;
    if (multi_line) at_ += 2;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\n') new_line();
      if (c == '\n' && !multi_line) return;
      if (c == '\\' && quote_mark == '"' && at_ < text_.size() && text_[at_] != '\n') ++at_;
      if (c != quote_mark) continue;
      if (!multi_line) return;
      if (text_.substr(at_ - 1, 3) == triple) {
        at_ += 2;
        return;
      }
    }
  }

  void new_line() {
    ++line_;
    line_start_ = at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t dots_ = 0;      // of the dotted key being read
  std::size_t brackets_ = 0;  // open ones
};

// toml++ says "Error while parsing X: Y; saw Z": what went wrong is behind the first colon.
std::string reworded(std::string_view description) {
  constexpr std::string_view kLead = "Error while parsing ";
  if (description.starts_with(kLead)) description.remove_prefix(kLead.size());
  return printable(description);
}

}  // namespace

std::string position_prefix(std::string_view name, const toml::source_position& position) {
  return fmt::format("{}:{}:{}: ", printable(name), position.line, position.column);
}

std::string describe(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "the text " + quote(node.as_string()->get());
    case toml::node_type::integer:
      return fmt::format("the number {}", node.as_integer()->get());
    case toml::node_type::floating_point:
      return fmt::format("the number {}", node.as_floating_point()->get());
    case toml::node_type::boolean:
      return node.as_boolean()->get() ? "true" : "false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

Result<toml::table> parse_toml(std::string_view text, std::string_view name) {
  if (text.size() > kMaxTextBytes) {
    return invalid_argument(
        fmt::format("{} is larger than {} bytes", printable(name), kMaxTextBytes));
  }
  FORGE_TRY(NestingScan(text).run(name));
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return invalid_argument(position_prefix(name, error.source().begin) +
                            reworded(error.description()));
  } catch (const std::bad_alloc&) {
    return resource_exhausted(fmt::format("{}: out of memory", printable(name)));
  } catch (const std::exception& error) {
    return invalid_argument(fmt::format("{}: {}", printable(name), printable(error.what())));
  }
}

}  // namespace forge::config
