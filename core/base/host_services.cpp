#include "core/base/host_services.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "forge/sdk/host.hpp"

namespace forge {
namespace {

struct Interfaces {
  std::mutex mutex;
  std::map<std::string, const void*, std::less<>> by_id;
};

Interfaces& interfaces() {
  static auto* instance = new Interfaces;  // plugins may ask until the very end
  return *instance;
}

// Levels outside of the ABI's range count as the nearest.
spdlog::level::level_enum to_spdlog(std::int32_t level) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::trace, spdlog::level::debug,
                                                   spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  return kLevels[std::clamp<std::int32_t>(level, FORGE_LOG_TRACE, FORGE_LOG_ERROR)];
}

// At most `limit` bytes, cut between characters.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0u) == 0x80u) --limit;
  return text.substr(0, limit);
}

// Slots are called by foreign code: nothing may be thrown out of them. A line or a sentence for
// which there is no memory is lost.
void host_log(void* self, std::int32_t level, forge_string text) noexcept {
  try {
    const auto& services = *static_cast<const HostServices*>(self);
    services.logger().log(to_spdlog(level), "{}", printable(cut(sdk::view(text), kMaxLogBytes)));
  } catch (const std::exception&) {
    return;
  }
}

std::int32_t host_log_enabled(void* self, std::int32_t level) noexcept {
  const auto& services = *static_cast<const HostServices*>(self);
  return services.logger().should_log(to_spdlog(level)) ? 1 : 0;
}

void host_message_set(void* /*self*/, forge_message* message, forge_string text) noexcept {
  if (message == nullptr) return;
  try {
    message->text = printable(cut(sdk::view(text), kMaxMessageBytes));
  } catch (const std::exception&) {
    message->text.clear();
  }
}

const void* host_get_interface(void* /*self*/, const char* interface_id) {
  if (interface_id == nullptr) return nullptr;
  Interfaces& all = interfaces();
  const std::scoped_lock lock(all.mutex);
  const auto found = all.by_id.find(std::string_view(interface_id));
  return found == all.by_id.end() ? nullptr : found->second;
}

}  // namespace

Status from_abi(forge_status status, const forge_message& message) {
  if (status == FORGE_OK) return {};
  const bool known = status > FORGE_OK && status <= FORGE_DATA_LOSS;
  const Code code = known ? static_cast<Code>(status) : Code::kUnknown;
  if (!message.text.empty()) return {code, message.text};
  return {code, fmt::format("failed without a message ({}, status {})", code_name(code), status)};
}

HostServices::HostServices(std::string id) : id_(std::move(id)), logger_(log::get(id_)), record_() {
  record_.struct_size = sizeof(record_);
  record_.abi_major = FORGE_ABI_MAJOR;
  record_.abi_minor = FORGE_ABI_MINOR;
  record_.self = this;
  record_.log = host_log;
  record_.log_enabled = host_log_enabled;
  record_.message_set = host_message_set;
  record_.get_interface = host_get_interface;
}

HostServices::~HostServices() = default;

const HostServices& HostServices::make_permanent(std::string id) {
  static auto* mutex = new std::mutex;
  static auto* all = new std::vector<std::unique_ptr<HostServices>>;
  const std::scoped_lock lock(*mutex);
  return *all->emplace_back(std::make_unique<HostServices>(std::move(id)));
}

void HostServices::provide(std::string_view interface_id, const void* record) {
  Interfaces& all = interfaces();
  const std::scoped_lock lock(all.mutex);
  all.by_id.insert_or_assign(std::string(interface_id), record);
}

const HostServices& core_services() {
  static const HostServices* services = [] {
    const auto* made = new HostServices("core");
    sdk::set_host(made->get());
    return made;
  }();
  return *services;
}

}  // namespace forge
