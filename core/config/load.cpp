#include "core/config/load.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/base/guard.hpp"
#include "core/config/paths.hpp"
#include "core/config/problems.hpp"
#include "core/config/text_file.hpp"
#include "core/config/value.hpp"

namespace forge::config {
namespace {

namespace fs = std::filesystem;

// "info,plugin=debug": levels of single subsystems ride on the flag of the general one.
Status store_log_levels(const std::string& text, const std::string& subject, Loaded& out) {
  const Key& level_key = *find("logging.level");
  const Key& levels_key = *find("logging.levels");
  std::string rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::vector<std::string> item = {rest.substr(0, comma)};
    rest.erase(0, comma + 1);
    const bool named = item[0].find('=') != std::string::npos;
    FORGE_ASSIGN(Value value, parse_text(named ? levels_key : level_key, item, subject));
    if (named) {
      auto& levels = std::get<Names>(value);
      levels.merge(Names(out.config.logging.levels));  // those named now win
    }
    out.store(named ? levels_key : level_key, std::move(value), subject);
  }
  return {};
}

Status store_texts(const Key& key, std::span<const std::string> texts, const std::string& subject,
                   const Environment& environment, Loaded& out) {
  if (key.full_name() == "logging.level") {
    for (const std::string& text : texts) FORGE_TRY(store_log_levels(text, subject, out));
    return {};
  }
  FORGE_ASSIGN(Value value, parse_text(key, texts, subject));
  resolve_paths(key, "", environment, value);
  out.store(key, std::move(value), subject);
  return {};
}

// A variable's text as a flag would get it: lists of paths are separated by colons, as in PATH.
std::vector<std::string> split_variable(const Key& key, std::string text) {
  if (!std::holds_alternative<Accessor<Strings>>(key.field)) return {std::move(text)};
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (colon > 0) items.push_back(text.substr(0, colon));
    text.erase(0, colon + 1);
  }
  return items;
}

void read_environment(const Environment& environment, Loaded& out, Problems& problems) {
  for (const Key& key : keys()) {
    if (key.environment.empty()) continue;
    const auto text = environment(key.environment);
    if (!text || text->empty()) continue;  // set to nothing is not set
    problems.add(store_texts(key, split_variable(key, *text), std::string(key.environment),
                             environment, out));
  }
}

Status load_all(const Sources& sources, Loaded& out) {
  Problems problems;
  if (!sources.file.empty()) {
    FORGE_ASSIGN(const std::string text, read_text_file(sources.file));
    problems.add(read_toml(text, sources.file, sources.environment, out));
  }
  read_environment(sources.environment, out, problems);
  for (const FlagValue& flag : sources.flags) {
    problems.add(store_texts(*flag.key, flag.texts, flag.flag, sources.environment, out));
  }
  return problems.status();
}

}  // namespace

void Loaded::store(const Key& key, Value value, std::string origin) {
  set(config, key, std::move(value));
  origins[static_cast<std::size_t>(&key - keys().data())] = std::move(origin);
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<Loaded> load(const Sources& sources) {
  return guarded([&]() -> Result<Loaded> {
    Loaded out;
    FORGE_TRY(load_all(sources, out));
    return out;
  });
}

std::string user_config_file(const Environment& environment) {
  const auto xdg = environment("XDG_CONFIG_HOME");
  const auto home = environment("HOME");
  std::string folder;
  if (xdg && xdg->starts_with('/')) {  // the XDG rules: a relative one is to be ignored
    folder = *xdg;
  } else if (home && !home->empty()) {
    folder = *home + "/.config";
  } else {
    return {};
  }
  const std::string path = folder + "/rocmforge/config.toml";
  std::error_code error;
  return fs::exists(path, error) ? path : std::string();
}

}  // namespace forge::config
