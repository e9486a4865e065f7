// A simulated card for tests of the packs for GPUs: environment, kernels' file, device record.
#ifndef FORGE_TESTS_UNIT_PLUGINS_HIP_SIM_HPP_
#define FORGE_TESTS_UNIT_PLUGINS_HIP_SIM_HPP_

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "plugins/gfx1100/traits.hpp"
#include "plugins/hip/runtime/device.hpp"
#include "tests/catch.hpp"
#include "tests/hipsim/control.hpp"
#include "tests/process.hpp"

namespace forge::test {

// Variables are as given until it is gone; the simulator begins anew.
class SimulatedCard {
 public:
  using Variable = std::pair<std::string, std::string>;
  explicit SimulatedCard(std::vector<Variable> variables = {}) : variables_(std::move(variables)) {
    variables_.emplace_back("FORGE_HIP_LIBRARY", FORGE_HIPSIM_PACK_LIBRARY);
    for (const auto& [name, value] : variables_) setenv(name.c_str(), value.c_str(), 1);
    hipsim::reset();
    folder_.file("gfx1100.hsaco", std::string("hipsim:gfx1100") + '\0');
    directory_ = folder_.path();
    device_.struct_size = sizeof(device_);
    device_.key = "0000:03:00.0";
    device_.name = "simulated";
    device_.processor = "gfx1100";
    device_.data_directory = directory_.c_str();
    device_.memory_budget = std::uint64_t{1} << 30;
  }
  ~SimulatedCard() {
    for (const auto& [name, value] : variables_) unsetenv(name.c_str());
  }
  SimulatedCard(const SimulatedCard&) = delete;
  SimulatedCard& operator=(const SimulatedCard&) = delete;

  const forge_device_v1& device() const { return device_; }

 private:
  std::vector<Variable> variables_;
  TemporaryFolder folder_;
  std::string directory_;
  forge_device_v1 device_ = {};
};

}  // namespace forge::test

#endif  // FORGE_TESTS_UNIT_PLUGINS_HIP_SIM_HPP_
