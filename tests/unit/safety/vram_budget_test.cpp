#include "core/safety/vram_budget.hpp"

#include "core/device/survey.hpp"
#include "tests/catch.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/device_tree.hpp"

namespace forge::safety {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

// 20 GiB, 1 GiB of it used, a monitor.
device::Gpu card() {
  device::Gpu gpu;
  gpu.pci_id = "0000:03:00.0";
  gpu.name = "Radeon RX 7900 XT";
  gpu.vram_total = 20 * kGiB;
  gpu.vram_used = kGiB;
  gpu.display_attached = true;
  return gpu;
}

TEST_CASE("vram budget: total - used - reserve") {
  const auto budget = vram_budget(card(), 4.0);
  REQUIRE(budget.ok());
  CHECK(budget->free == 19 * kGiB);
  CHECK(budget->reserve == 4 * kGiB);
  CHECK(budget->bytes == 15 * kGiB);
  CHECK(budget->terms() == "20.00 GiB of memory - 1.00 GiB in use - 4.00 GiB for the desktop");
}

TEST_CASE("vram budget: the smaller of what kernel and runtime say is free") {
  const auto less = vram_budget(card(), 4.0, 10 * kGiB);
  CHECK(less->free == 10 * kGiB);
  CHECK(less->bytes == 6 * kGiB);
  CHECK(less->terms() == "10.00 GiB free as the runtime says - 4.00 GiB for the desktop");
  const auto more = vram_budget(card(), 4.0, 20 * kGiB);
  CHECK(more->bytes == 15 * kGiB);
}

TEST_CASE(
    "vram budget: a reserve where a display is, or may be, and less only when the user says so") {
  device::Gpu gpu = card();
  CHECK(vram_budget(gpu, 0.0)->bytes == 19 * kGiB);
  CHECK(vram_budget(gpu, 0.5)->reserve == kGiB / 2);
  CHECK(vram_budget(gpu, -1)->reserve == 4 * kGiB);
  CHECK(vram_budget(gpu, std::numeric_limits<double>::quiet_NaN())->reserve == 4 * kGiB);
  gpu.display_attached = false;
  CHECK(vram_budget(gpu, 4.0)->bytes == 19 * kGiB);
  CHECK(vram_budget(gpu, 4.0)->terms() == "20.00 GiB of memory - 1.00 GiB in use");
  gpu.display_attached.reset();
  CHECK(vram_budget(gpu, 4.0)->bytes == 15 * kGiB);
}

TEST_CASE("vram budget: nothing left is an error with every term") {
  device::Gpu gpu = card();
  gpu.vram_used = 17 * kGiB;
  const auto none = vram_budget(gpu, 4.0);
  CHECK(none.code() == Code::kResourceExhausted);
  CHECK(none.status().message() ==
        "no memory of GPU 0000:03:00.0 (Radeon RX 7900 XT) is left to use: 20.00 GiB of memory - "
        "17.00 GiB in use - 4.00 GiB for the desktop leaves 0.00 GiB; close programs that use the "
        "GPU, or leave the desktop less with --desktop-reserve-gb");
  CHECK(vram_budget(gpu, 2.0)->bytes == kGiB);
  gpu.display_attached = false;
  gpu.vram_used = 20 * kGiB;
  CHECK(vram_budget(gpu, 4.0).status().message().ends_with("close programs that use the GPU"));
}

TEST_CASE("vram budget: unknown is refused") {
  for (int missing = 0; missing < 3; ++missing) {
    device::Gpu gpu = card();
    if (missing == 0) gpu.vram_total.reset();
    if (missing == 1) gpu.vram_used.reset();
    if (missing == 2) gpu.vram_used = 21 * kGiB;
    const auto budget = vram_budget(gpu, 0, 10 * kGiB);
    CHECK(budget.code() == Code::kFailedPrecondition);
    CHECK(budget.status().message().find("is not known, so none of it is used") !=
          std::string::npos);
  }
}

TEST_CASE("vram budget: on recorded machines") {
  struct Machine {
    const char* tree;
    std::size_t gpu;
    std::uint64_t reserve;
  };
  // A monitor on the first; the integrated one beside it has none.
  for (const Machine& m : {Machine{"7900xt", 0, 4 * kGiB}, Machine{"9070xt-igpu", 0, 4 * kGiB},
                           Machine{"9070xt-igpu", 1, 0}}) {
    CAPTURE(m.tree, m.gpu);
    const test::DeviceTree tree(m.tree);
    const device::Survey survey = device::survey({.root = tree.root(),
                                                  .cpuid = test::epyc_genoa(),
                                                  .affinity = std::vector<std::uint32_t>{0}});
    device::Gpu gpu = survey.gpus.at(m.gpu);
    const auto budget = vram_budget(gpu, kDesktopReserveGib);
    REQUIRE(budget.ok());
    CHECK(budget->reserve == m.reserve);
    CHECK(budget->bytes == *gpu.vram_total - *gpu.vram_used - m.reserve);
    // Never the computer's memory that the GPU could map.
    CHECK(budget->bytes < *gpu.vram_total);
    device::Gpu again = gpu;
    again.vram_used = 0;
    refresh_memory(device::KernelFiles(tree.root()), again);
    CHECK(again.vram_used == gpu.vram_used);
  }
}

}  // namespace
}  // namespace forge::safety
