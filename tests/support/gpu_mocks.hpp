// tests/support/gpu_mocks.hpp: mock packs for GPUs on recorded machines.
#ifndef FORGE_TESTS_SUPPORT_GPU_MOCKS_HPP_
#define FORGE_TESTS_SUPPORT_GPU_MOCKS_HPP_

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "core/device/survey.hpp"
#include "core/plugin/selection.hpp"
#include "core/safety/gate.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/device_tree.hpp"
#include "tests/support/scratch.hpp"

namespace forge::test {

inline std::filesystem::path gpu_mocks_directory() {
  return std::filesystem::path(FORGE_BUILD_DIR) / "tests" / "gpu_mocks";
}

inline std::filesystem::path probe_program() {
  return std::filesystem::path(FORGE_BUILD_DIR) / "bin" / "rocmforge-probe";
}

// Sets an environment variable, and puts back what was there.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// A recorded machine, the mock packs, and folders of the test's own.
class GpuMachine {
 public:
  explicit GpuMachine(const std::string& tree, std::vector<std::string> allow = {"gpu-staged"})
      : tree_(tree), allow_(std::move(allow)) {}

  std::filesystem::path root() const { return tree_.root(); }
  std::filesystem::path cache() const { return scratch_ / "cache"; }
  std::filesystem::path locks() const { return scratch_ / "locks"; }
  const Scratch& scratch() const { return scratch_; }

  device::Survey survey() const {
    return device::survey(
        {.root = root(), .cpuid = epyc_genoa(), .affinity = std::vector<std::uint32_t>{0}});
  }
  plugin::Selection select() const {
    plugin::PluginOptions options;
    options.allow = allow_;
    return plugin::select(plugin::discover({{gpu_mocks_directory(), "test"}}), survey(), options);
  }
  safety::GateOptions gate_options() const {
    safety::GateOptions options;
    options.root = root();
    options.probe_program = probe_program();
    options.cache_directory = cache();
    options.lock_directory = locks();
    options.command = "the test";
    options.lock_timeout = std::chrono::milliseconds(0);
    options.limits.load_limit = std::chrono::seconds(60);
    return options;
  }
  safety::Gate gate() const { return safety::Gate(gate_options(), survey()); }

 private:
  DeviceTree tree_;
  Scratch scratch_;
  std::vector<std::string> allow_;
};

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_GPU_MOCKS_HPP_
