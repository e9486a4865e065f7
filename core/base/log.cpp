#include "core/base/log.hpp"

#include <iterator>
#include <map>
#include <mutex>

namespace forge::log {
namespace {

// All loggers of the process. Loggers are never destroyed: references handed out stay valid.
struct Loggers {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<spdlog::logger>, std::less<>> by_name;
  std::map<std::string, spdlog::level::level_enum, std::less<>> own_levels;
  std::vector<spdlog::sink_ptr> sinks;
  std::function<void(const std::string&)> on_error = [](const std::string&) {};
  spdlog::level::level_enum level = spdlog::level::warn;
};

Loggers& loggers() {
  static auto* instance = new Loggers;  // lives until exit: plugins may log while statics go
  return *instance;
}

}  // namespace

spdlog::logger& get(std::string_view subsystem) {
  Loggers& all = loggers();
  const std::scoped_lock lock(all.mutex);
  auto found = all.by_name.find(subsystem);
  if (found == all.by_name.end()) {
    std::string name(subsystem);
    auto logger = std::make_shared<spdlog::logger>(name, all.sinks.begin(), all.sinks.end());
    const auto own = all.own_levels.find(subsystem);
    logger->set_level(own != all.own_levels.end() ? own->second : all.level);
    logger->flush_on(spdlog::level::warn);
    logger->set_error_handler(all.on_error);
    found = all.by_name.emplace(std::move(name), std::move(logger)).first;
  }
  return *found->second;
}

void set_sinks(std::vector<spdlog::sink_ptr> sinks) {
  Loggers& all = loggers();
  const std::scoped_lock lock(all.mutex);
  all.sinks = std::move(sinks);
  for (auto& [name, logger] : all.by_name) logger->sinks() = all.sinks;
}

void set_error_handler(std::function<void(const std::string& what)> handler) {
  Loggers& all = loggers();
  const std::scoped_lock lock(all.mutex);
  all.on_error = std::move(handler);
  for (auto& [name, logger] : all.by_name) logger->set_error_handler(all.on_error);
}

spdlog::level::level_enum level_of(std::string_view name) {
  using spdlog::level::level_enum;
  constexpr level_enum kLevels[] = {level_enum::trace, level_enum::debug, level_enum::info,
                                    level_enum::warn,  level_enum::err,   level_enum::off};
  static_assert(std::size(kLevels) == std::size(kLevelNames));
  for (std::size_t i = 0; i < std::size(kLevels); ++i) {
    if (kLevelNames[i] == name) return kLevels[i];
  }
  return level_enum::warn;
}

void set_level(spdlog::level::level_enum level) {
  Loggers& all = loggers();
  const std::scoped_lock lock(all.mutex);
  all.level = level;
  for (auto& [name, logger] : all.by_name) {
    if (!all.own_levels.contains(name)) logger->set_level(level);
  }
}

void set_level(std::string_view subsystem, spdlog::level::level_enum level) {
  Loggers& all = loggers();
  const std::scoped_lock lock(all.mutex);
  all.own_levels.insert_or_assign(std::string(subsystem), level);
  const auto found = all.by_name.find(subsystem);
  if (found != all.by_name.end()) found->second->set_level(level);
}

}  // namespace forge::log
