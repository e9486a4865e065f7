#include "tests/hipsim/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace hipsim {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr const char* kDefaultDevice = "0000:03:00.0=gfx1100,20";

std::uint64_t number(std::string_view text, const char* variable) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || text.empty())
    give_up(std::string(variable) + ": '" + std::string(text) + "' is not a number");
  return value;
}

// "PCI=TARGET,GiB"; several with ';' between.
std::vector<DeviceOptions> devices_of(std::string_view text) {
  std::vector<DeviceOptions> devices;
  for (const std::string& part : split(text, ';')) {
    const std::size_t equals = part.find('='), comma = part.find(',');
    if (equals == std::string::npos || comma == std::string::npos || comma < equals)
      give_up("FORGE_HIPSIM_DEVICES: '" + part + "' is not like '" + kDefaultDevice + "'");
    DeviceOptions device;
    device.pci_id = part.substr(0, equals);
    device.target = part.substr(equals + 1, comma - equals - 1);
    device.total_bytes = number(part.substr(comma + 1), "FORGE_HIPSIM_DEVICES") * kGiB;
    devices.push_back(std::move(device));
  }
  return devices;
}

Order order_of(std::string_view text) {
  if (text.empty() || text == "forward") return {};
  if (text == "reverse") return {OrderKind::kReverse, 0};
  if (text == "random") return {OrderKind::kRandom, 1};
  if (text.starts_with("random:"))
    return {OrderKind::kRandom, number(text.substr(7), "FORGE_HIPSIM_ORDER")};
  give_up("FORGE_HIPSIM_ORDER is '" + std::string(text) +
          "'; it can be forward, reverse, random or random:SEED");
}

unsigned threads_of(std::string_view text) {
  constexpr unsigned kMost = 64;
  const unsigned here = std::max(1U, std::thread::hardware_concurrency());
  if (text.empty()) return std::min(here, 8U);
  return static_cast<unsigned>(
      std::clamp<std::uint64_t>(number(text, "FORGE_HIPSIM_THREADS"), 1, kMost));
}

}  // namespace

void give_up(const std::string& text) {
  std::fprintf(stderr, "hipsim: %s\n", text.c_str());
  std::abort();
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): reads only
  return value ? value : "";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Options options_from_environment() {
  Options options;
  const std::string_view devices = environment("FORGE_HIPSIM_DEVICES");
  options.devices = devices_of(devices.empty() ? kDefaultDevice : devices);
  options.order = order_of(environment("FORGE_HIPSIM_ORDER"));
  options.threads = threads_of(environment("FORGE_HIPSIM_THREADS"));
  options.record_folder = environment("FORGE_HIPSIM_RECORD");
  options.kernel_libraries = split(environment("FORGE_HIPSIM_KERNELS"), ':');
  return options;
}

}  // namespace hipsim
