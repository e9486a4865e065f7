#include "core/device/gpu.hpp"

#include <algorithm>
#include <set>

#include "core/base/quote.hpp"
#include "core/device/survey.hpp"
#include "tests/catch.hpp"
#include "tests/support/device_tree.hpp"

namespace forge::device {
namespace {

GpuSurvey survey_tree(const std::string& name, const AccessCheck& access = may_open) {
  const test::DeviceTree tree(name);
  return survey_gpus(KernelFiles(tree.root()), access);
}

bool has_finding(const GpuSurvey& survey, std::string_view subject, std::string_view part) {
  return std::any_of(survey.findings.begin(), survey.findings.end(), [&](const Finding& f) {
    return f.subject == subject && f.text.find(part) != std::string::npos;
  });
}

TEST_CASE("a 7900 XT alone") {
  const GpuSurvey survey = survey_tree("7900xt");
  REQUIRE(survey.gpus.size() == 1);
  CHECK(survey.findings.empty());
  const Gpu& gpu = survey.gpus[0];
  CHECK(gpu.pci_id == "0000:03:00.0");
  CHECK(gpu.gfx == "gfx1100");
  CHECK(gpu.name == "Radeon RX 7900 XT");
  CHECK(gpu.vendor == 0x1002);
  CHECK(gpu.device == 0x744c);
  CHECK(gpu.revision == 0xcc);
  CHECK(gpu.kind == GpuKind::kDiscrete);
  CHECK(gpu.compute_units == 84);
  CHECK(gpu.vram_total == 21458059264u);
  CHECK(gpu.vram_used == 1403215872u);
  CHECK(gpu.gtt_total == 33412481024u);
  CHECK(gpu.gtt_used == 181403648u);
  CHECK(gpu.render_node == "/dev/dri/renderD128");
  CHECK(gpu.permitted);
  CHECK(gpu.usable());
  CHECK(gpu.display_attached == true);
  CHECK(gpu.displays == std::vector<std::string>{"DP-1"});
}

TEST_CASE("a 9070 XT beside integrated graphics") {
  const GpuSurvey survey = survey_tree("9070xt-igpu");
  REQUIRE(survey.gpus.size() == 2);
  CHECK(survey.gpus[0].gfx == "gfx1201");
  CHECK(survey.gpus[0].name == "Radeon RX 9070 XT");
  CHECK(survey.gpus[0].kind == GpuKind::kDiscrete);
  CHECK(survey.gpus[0].compute_units == 64);
  CHECK(survey.gpus[1].gfx == "gfx1036");
  CHECK(survey.gpus[1].kind == GpuKind::kIntegrated);
  CHECK(survey.gpus[1].pci_id == "0000:0e:00.0");
  CHECK(survey.gpus[1].compute_units == 2);
  CHECK(survey.gpus[1].name == "AMD GPU 1002:13c0");
  CHECK(survey.gpus[1].display_attached == false);
  // The carve-out, not the 31 GiB that KFD shows as the memory bank of an integrated GPU.
  CHECK(survey.gpus[1].vram_total == 536870912u);
}

TEST_CASE("two cards, one with a monitor") {
  const GpuSurvey survey = survey_tree("two-cards");
  REQUIRE(survey.gpus.size() == 2);
  CHECK(survey.gpus[0].name == "Radeon RX 7900 XT");
  CHECK(survey.gpus[1].name == "Radeon AI PRO R9700");
  CHECK(survey.gpus[1].pci_id == "0000:06:00.0");
  CHECK(survey.gpus[1].render_node == "/dev/dri/renderD129");
  CHECK(survey.gpus[0].display_attached == true);
  CHECK(survey.gpus[1].display_attached == false);
}

TEST_CASE("integrated graphics only, named by libdrm's list") {
  const GpuSurvey survey = survey_tree("igpu-only");
  REQUIRE(survey.gpus.size() == 1);
  CHECK(survey.gpus[0].kind == GpuKind::kIntegrated);
  CHECK(survey.gpus[0].name == "AMD Radeon 610M");
  CHECK(survey.gpus[0].display_attached == true);
}

TEST_CASE("no GPU is a normal state with a note") {
  const GpuSurvey survey = survey_tree("none");
  CHECK(survey.gpus.empty());
  REQUIRE(survey.findings.size() == 1);
  CHECK(survey.findings[0].severity == Severity::kNote);
  CHECK(survey.findings[0].text ==
        "no AMD GPU compute driver is loaded (/sys/class/kfd/kfd/topology/nodes does not exist)");
  CHECK(survey.findings[0].action.find("sudo modprobe amdgpu") != std::string::npos);
}

TEST_CASE("a missing permission names the file and the way out") {
  const GpuSurvey survey = survey_tree("permission-denied", test::access_as_stranger);
  REQUIRE(survey.gpus.size() == 1);
  CHECK_FALSE(survey.gpus[0].permitted);
  CHECK_FALSE(survey.gpus[0].usable());
  CHECK(survey.gpus[0].gfx == "gfx1100");  // still surveyed
  REQUIRE(survey.findings.size() == 2);
  CHECK(survey.findings[0].subject == "kfd");
  CHECK(survey.findings[0].text == "no permission to open /dev/kfd (Permission denied)");
  CHECK(survey.findings[1].subject == "0000:03:00.0");
  CHECK(survey.findings[1].text == "no permission to open /dev/dri/renderD128 (Permission denied)");
  CHECK(survey.findings[1].action.find("sudo usermod -aG render $USER") != std::string::npos);
}

TEST_CASE("a device without /dev nodes is in a container") {
  const GpuSurvey survey =
      survey_tree("7900xt", [](const std::filesystem::path&) { return ENOENT; });
  REQUIRE(survey.findings.size() == 2);
  CHECK(survey.findings[1].text == "/dev/dri/renderD128 does not exist");
  CHECK(survey.findings[1].action.find("--device /dev/kfd") != std::string::npos);
}

TEST_CASE("a card without KFD is told") {
  const GpuSurvey survey = survey_tree("no-kfd");
  CHECK(survey.gpus.empty());
  CHECK(has_finding(survey, "0000:03:00.0", "without a KFD node"));
}

TEST_CASE("malformed trees give findings, and sound devices among them survive") {
  const GpuSurvey survey = survey_tree("malformed");
  CHECK(has_finding(survey, "kfd node 1", "gfx_target_version is 'eleven'"));
  CHECK(has_finding(survey, "kfd node 2", "simd_count is '99999999999'"));
  CHECK(has_finding(survey, "0000:07:00.0", "gfx_target_version 4294967295"));
  CHECK(has_finding(survey, "0000:07:00.0", "/sys/class/drm/renderD130 does not exist"));
  CHECK(has_finding(survey, "0000:08:00.0", "belongs to '0000:03:00.0'"));
  CHECK(has_finding(survey, "kfd node 5", "is not a whole number"));
  CHECK(has_finding(survey, "kfd node 6", "properties: No such file"));
  CHECK(has_finding(survey, "kfd node 8", "simd_count is '-1'"));
  CHECK(has_finding(survey, "0000:09:00.0", "its memory is unknown"));
  CHECK(has_finding(survey, "0000:03:00.0", "without a KFD node"));
  for (const Gpu& gpu : survey.gpus) {
    CAPTURE(gpu.pci_id);
    CHECK(gpu.usable() == (gpu.pci_id == "0000:09:00.0"));
    CHECK_FALSE((gpu.vram_used && gpu.vram_total && *gpu.vram_used > *gpu.vram_total));
  }
  for (const Finding& finding : survey.findings) {
    CHECK(printable(finding.text) == finding.text);  // no control characters reach a terminal
    CHECK_FALSE(finding.action.empty());
  }
}

// Kind by other means than the processor's table: the tree is changed to a processor it lacks.
GpuKind kind_as_unknown_processor(const std::string& name, std::size_t index) {
  const test::DeviceTree tree(name);
  const std::string node = "sys/class/kfd/kfd/topology/nodes/" + std::to_string(index + 1);
  const std::filesystem::path file = tree.root() / node / "properties";
  std::string text = test::read_file(file);
  const std::size_t at = text.find("gfx_target_version ") + 19;
  text.replace(at, text.find('\n', at) - at, "130000");
  std::ofstream(file) << text;
  return survey_gpus(KernelFiles(tree.root()), may_open).gpus.at(index).kind;
}

TEST_CASE("unknown processors are told apart by their memory and their bridge") {
  CHECK(kind_as_unknown_processor("7900xt", 0) == GpuKind::kDiscrete);
  CHECK(kind_as_unknown_processor("9070xt-igpu", 0) == GpuKind::kDiscrete);
  CHECK(kind_as_unknown_processor("9070xt-igpu", 1) == GpuKind::kIntegrated);
  CHECK(kind_as_unknown_processor("igpu-only", 0) == GpuKind::kIntegrated);
}

TEST_CASE("the whole survey knows ROCm and runs on this machine") {
  const test::DeviceTree tree("7900xt");
  const Survey recorded = survey({.root = tree.root()});
  CHECK(recorded.rocm == "6.4.1");
  CHECK(recorded.gpus.size() == 1);
  const Survey here = survey();
  CHECK_FALSE(here.cpu.name.empty());
}

}  // namespace
}  // namespace forge::device
