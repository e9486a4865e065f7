// hipsim: what the environment asks for. docs in README.md.
#ifndef FORGE_TESTS_HIPSIM_OPTIONS_HPP_
#define FORGE_TESTS_HIPSIM_OPTIONS_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hipsim {

struct DeviceOptions {
  std::string pci_id;  // "0000:03:00.0"
  std::string target;  // "gfx1100"
  std::uint64_t total_bytes = 0;
};

enum class OrderKind { kForward, kReverse, kRandom };

// In which order lanes of a wave, waves of a workgroup, workgroups and independent streams run.
struct Order {
  OrderKind kind = OrderKind::kForward;
  std::uint64_t seed = 1;
};

struct Options {
  std::vector<DeviceOptions> devices;
  Order order;
  unsigned threads = 1;  // that run workgroups
  std::string record_folder;
  std::vector<std::string> kernel_libraries;
};

// Ends the process with a message when a variable makes no sense.
Options options_from_environment();

// The value of a variable, or "".
std::string_view environment(const char* name);

std::vector<std::string> split(std::string_view text, char separator);

// "hipsim: TEXT" on stderr, and the end.
[[noreturn]] void give_up(const std::string& text);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_OPTIONS_HPP_
