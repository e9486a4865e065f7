#include "core/config/reference.hpp"

#include <fmt/format.h>

#include "core/config/schema.hpp"
#include "core/config/value.hpp"

namespace forge::config {
namespace {

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// "A whole number from 0 to 4096. Flag: -t,--threads. Environment: FORGE_THREADS."
std::string facts(const Key& key) {
  std::string out = expectation(key);
  out[0] = static_cast<char>(out[0] >= 'a' && out[0] <= 'z' ? out[0] - 'a' + 'A' : out[0]);
  out += '.';
  if (!key.flag.empty()) out += fmt::format(" Flag: {}.", key.flag);
  if (!key.environment.empty()) out += fmt::format(" Environment: {}.", key.environment);
  return out;
}

std::string code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", text); }

}  // namespace

std::string commented_defaults() {
  std::string out =
      "# Configuration of rocmforge. Everything here is the default: keep what you change.\n";
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section != section) {
      section = key.section;
      out += fmt::format("\n# {}.\n[{}]\n", find_section(section)->help, section);
    }
    out += fmt::format("\n# {}.\n# {}\n{} = {}\n", key.help, facts(key), key.name,
                       to_toml(get(Config{}, key)));
  }
  return out;
}

std::string effective(const Config& config, std::span<const std::string> origins) {
  std::string out;
  std::string_view section;
  for (std::size_t i = 0; i < keys().size(); ++i) {
    const Key& key = keys()[i];
    if (key.section != section) {
      section = key.section;
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("{} = {}", key.name, to_toml(get(config, key)));
    if (i < origins.size() && !origins[i].empty()) out += "  # " + origins[i];
    out += '\n';
  }
  return out;
}

std::string markdown_reference() {
  std::string out;
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section != section) {
      section = key.section;
      out += fmt::format(
          "\n### [{}] {}\n\n| key | default | meaning | must be | flag | environment |\n"
          "|---|---|---|---|---|---|\n",
          section, find_section(section)->help);
    }
    const std::string row =
        fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", code(key.name),
                    code(to_toml(get(Config{}, key))), key.help, expectation(key),
                    replace_all(code(key.flag), ",", "`, `"), code(key.environment));
    // A bar inside a cell would end it.
    out += "| " + replace_all(replace_all(row, "|", "\\|"), "\x1f", " | ") + " |\n";
  }
  return out;
}

}  // namespace forge::config
