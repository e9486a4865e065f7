#include "core/safety/gate.hpp"

#include <memory>
#include <string>

#include "tests/catch.hpp"
#include "tests/support/gpu_mocks.hpp"

namespace forge::safety {
namespace {

using test::GpuMachine;
using test::Variable;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr const char* kPack = "gpu-staged";

// How many stages ran, by the mock's own count.
class Count {
 public:
  Count() : variable_("MOCK_COUNT", (scratch_ / "count").string()) {}
  std::string text() const { return test::read_file(scratch_ / "count"); }

 private:
  test::Scratch scratch_;
  Variable variable_;
};

bool remembers_nothing(const GpuMachine& machine) {
  return !std::filesystem::exists(machine.cache()) || std::filesystem::is_empty(machine.cache());
}

TEST_CASE("gate: a device that passes is admitted, with its lock and its budget") {
  const GpuMachine machine("7900xt");
  plugin::Selection selection = machine.select();
  {
    Gate gate(machine.gate_options(), machine.survey());
    const Status status = gate.admit(selection, kPack);
    CAPTURE(status.message());
    REQUIRE(status.ok());
    const Admission* const admission = gate.admission(kPack);
    REQUIRE(admission != nullptr);
    CHECK(admission->device == "0000:03:00.0");
    CHECK(admission->report.passed());
    const device::Gpu gpu = machine.survey().gpus.at(0);
    CHECK(admission->budget.bytes == *gpu.vram_total - *gpu.vram_used - 4 * kGiB);
    CHECK(gate.failures().empty());
    const auto holder = DeviceLock::holder("0000:03:00.0", machine.locks());
    REQUIRE(holder.has_value());
    CHECK(holder->command == "the test");
    CHECK(gate.admit(selection, kPack).ok());  // already
  }
  CHECK_FALSE(DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
}

TEST_CASE("gate: a pass is remembered when it was used to the end, and not before") {
  const GpuMachine machine("7900xt");
  const Count count;
  plugin::Selection selection = machine.select();
  {
    Gate first(machine.gate_options(), machine.survey());
    REQUIRE(first.admit(selection, kPack).ok());
    CHECK(count.text() == "0123");
    // As after a crash: nothing is remembered while the device is in use.
    CHECK(remembers_nothing(machine));
  }
  {
    Gate second(machine.gate_options(), machine.survey());
    REQUIRE(second.admit(selection, kPack).ok());
    CHECK(second.admission(kPack)->report.remembered);
    CHECK(count.text() == "0123");  // nothing ran
    second.withdraw(kPack, /*failed=*/true);
    CHECK(second.admission(kPack) == nullptr);
    CHECK_FALSE(DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
  }
  Gate third(machine.gate_options(), machine.survey());
  REQUIRE(third.admit(selection, kPack).ok());
  CHECK(count.text() == "01230123");
  third.withdraw(kPack, /*failed=*/false);
  REQUIRE(third.admit(selection, kPack).ok());
  CHECK(count.text() == "01230123");
}

TEST_CASE("gate: a failure forgets the pass, and has an obstacle of its own") {
  const GpuMachine machine("7900xt");
  struct Case {
    const char* fault;
    Obstacle obstacle;
  };
  for (const Case& c :
       {Case{"fails:runtime", Obstacle::kRuntime}, Case{"crashes:memory", Obstacle::kMemory},
        Case{"exits:kernel", Obstacle::kKernel}, Case{"lies:matrix", Obstacle::kMatrix}}) {
    CAPTURE(c.fault);
    plugin::Selection selection = machine.select();
    {
      REQUIRE(machine.gate().admit(selection, kPack).ok());
    }
    // The pass would count: something has to make it be looked at anew.
    const Variable changed("HIP_VISIBLE_DEVICES", "0");
    const Variable fault("MOCK_PREFLIGHT", c.fault);
    {
      Gate gate(machine.gate_options(), machine.survey());
      const Status status = gate.admit(selection, kPack);
      REQUIRE_FALSE(status.ok());
      REQUIRE(gate.failures().size() == 1);
      CHECK(gate.failures()[0].obstacle == c.obstacle);
      CHECK(gate.failures()[0].status.message() == status.message());
      CHECK(gate.admission(kPack) == nullptr);
      CHECK_FALSE(DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
    }
    CHECK(remembers_nothing(machine));
  }
  CHECK(obstacle_of("access") == Obstacle::kAccess);
  CHECK(obstacle_of("load") == Obstacle::kLoad);
  CHECK(obstacle_of("device") == Obstacle::kLoad);
  CHECK(obstacle_of("shutdown") == Obstacle::kLoad);
  CHECK(obstacle_of("anything") == Obstacle::kOther);
}

TEST_CASE("gate: of two cards the next one is taken when the better fails or is busy") {
  const GpuMachine machine("two-cards");
  plugin::Selection selection = machine.select();
  const auto devices = selection.find(kPack)->devices;
  REQUIRE(devices.size() == 2);
  const std::string better = devices[0].key;
  const std::string other = devices[1].key;
  auto held = DeviceLock::acquire(better, {machine.locks(), "somebody", {}, {}});
  REQUIRE(held.ok());
  GateOptions options = machine.gate_options();
  options.lock_timeout = std::chrono::hours(1);  // a free card is not waited for
  Gate gate(options, machine.survey());
  REQUIRE(gate.admit(selection, kPack).ok());
  CHECK(gate.admission(kPack)->device == other);
  REQUIRE(selection.find(kPack)->devices.size() == 1);
  CHECK(selection.find(kPack)->devices[0].key == other);
  REQUIRE(gate.failures().size() == 1);
  CHECK(gate.failures()[0].obstacle == Obstacle::kBusy);
  CHECK(gate.failures()[0].device == better);
}

TEST_CASE("gate: both cards busy: the time is waited for, then it is told who has them") {
  const GpuMachine machine("two-cards");
  plugin::Selection selection = machine.select();
  auto one = DeviceLock::acquire("0000:03:00.0", {machine.locks(), "somebody", {}, {}});
  auto two = DeviceLock::acquire("0000:06:00.0", {machine.locks(), "somebody", {}, {}});
  REQUIRE((one.ok() && two.ok()));
  GateOptions options = machine.gate_options();
  options.lock_timeout = std::chrono::milliseconds(100);
  Gate gate(options, machine.survey());
  const Status status = gate.admit(selection, kPack);
  CHECK(status.code() == Code::kUnavailable);
  CHECK(status.message().find("also after 0.1 s of waiting") != std::string::npos);
  CHECK(gate.failures().size() == 2);
  options.stop = [] { return true; };
  Gate stopped(options, machine.survey());
  CHECK(stopped.admit(selection, kPack).code() == Code::kCancelled);
}

TEST_CASE("gate: memory that is short or not known is an obstacle before anything runs") {
  const GpuMachine machine("7900xt");
  const Count count;
  plugin::Selection selection = machine.select();
  GateOptions options = machine.gate_options();
  options.reserve_gib = 1000;
  Gate greedy(options, machine.survey());
  CHECK(greedy.admit(selection, kPack).code() == Code::kResourceExhausted);
  CHECK(greedy.failures().at(0).obstacle == Obstacle::kBudget);
  CHECK(count.text().empty());

  // Not what the survey saw, but what is there now.
  Gate gate(machine.gate_options(), machine.survey());
  const std::string used =
      device::KernelFiles(machine.root()).resolve("/sys/bus/pci/devices/0000:03:00.0") +
      "/mem_info_vram_used";
  std::filesystem::remove(device::KernelFiles(machine.root()).real(used));
  CHECK(gate.admit(selection, kPack).code() == Code::kFailedPrecondition);
  CHECK(count.text().empty());
}

TEST_CASE("gate: what the runtime says is free counts, too") {
  const GpuMachine machine("7900xt");
  plugin::Selection selection = machine.select();
  {
    const Variable free("MOCK_FREE", std::to_string(6 * kGiB));
    Gate gate(machine.gate_options(), machine.survey());
    REQUIRE(gate.admit(selection, kPack).ok());
    CHECK(gate.admission(kPack)->budget.bytes == 2 * kGiB);
    gate.withdraw(kPack, true);
  }
  const Variable free("MOCK_FREE", std::to_string(4 * kGiB));
  Gate gate(machine.gate_options(), machine.survey());
  CHECK(gate.admit(selection, kPack).code() == Code::kResourceExhausted);
}

TEST_CASE("gate: an examination runs everything anew and admits nothing") {
  const GpuMachine machine("7900xt");
  const Count count;
  const plugin::Selection selection = machine.select();
  const plugin::Manifest manifest = *selection.find(kPack)->found.manifest;
  const device::Gpu gpu = machine.survey().gpus.at(0);
  Gate gate(machine.gate_options(), machine.survey());
  for (int i = 1; i <= 2; ++i) {
    const Gate::Examination found = gate.examine(manifest, gpu);
    CHECK(found.report.passed());
    CHECK_FALSE(found.report.remembered);
    REQUIRE(found.budget.has_value());
    CHECK(found.budget->reserve == 4 * kGiB);
    CHECK_FALSE(found.failure.has_value());
    CHECK(count.text().size() == 4 * static_cast<std::size_t>(i));
  }
  CHECK(gate.admission(kPack) == nullptr);
  {
    const Variable fault("MOCK_PREFLIGHT", "fails:kernel");
    const Gate::Examination found = gate.examine(manifest, gpu);
    REQUIRE(found.failure.has_value());
    CHECK(found.failure->obstacle == Obstacle::kKernel);
    CHECK(remembers_nothing(machine));  // the pass of before is gone
  }
  auto held = DeviceLock::acquire(gpu.pci_id, {machine.locks(), "somebody", {}, {}});
  const Gate::Examination busy = gate.examine(manifest, gpu);
  REQUIRE(busy.failure.has_value());
  CHECK(busy.failure->obstacle == Obstacle::kBusy);
  CHECK(busy.budget.has_value());
}

}  // namespace
}  // namespace forge::safety
