#include "core/device/cpu.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/device_tree.hpp"
#include "tests/support/scratch.hpp"

namespace forge::device {
namespace {

std::vector<std::uint32_t> threads(std::uint32_t n) {
  std::vector<std::uint32_t> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = i;
  return all;
}

Cpu survey_with(const test::Scratch& scratch, const std::vector<std::uint32_t>& affinity) {
  return survey_cpu(KernelFiles(scratch.path()), test::epyc_genoa(), affinity);
}

TEST_CASE("name, caches and processor level come from CPUID") {
  const test::Scratch nothing;
  const Cpu cpu = survey_with(nothing, {0, 1});
  CHECK(cpu.name == "AMD EPYC");
  CHECK(cpu.processor() == "x86-64-v4");
  REQUIRE(cpu.caches.size() == 4);
  CHECK(cpu.caches[0].bytes == 32u << 10);
  CHECK(cpu.caches[0].kind == CpuCache::Kind::kData);
  CHECK(cpu.caches[1].kind == CpuCache::Kind::kInstruction);
  CHECK(cpu.caches[2].bytes == 1u << 20);
  CHECK(cpu.caches[2].level == 2);
  CHECK(cpu.caches[3].bytes == 32u << 20);
  CHECK(cpu.caches[3].line == 64);
  CHECK(cpu.caches[3].sharing_threads == 2);
}

TEST_CASE("cores are counted within the affinity mask") {
  const test::DeviceTree tree("7900xt");  // 12 cores, thread i beside thread i + 12
  const KernelFiles files(tree.root());
  const auto cores = [&](const std::vector<std::uint32_t>& mask) {
    return survey_cpu(files, test::epyc_genoa(), mask).cores;
  };
  CHECK(cores(threads(24)) == 12);
  CHECK(cores({0, 12}) == 1);
  CHECK(cores({0, 1, 12}) == 2);
  CHECK(cores({3, 4, 5}) == 3);
  CHECK(survey_cpu(files, test::epyc_genoa(), threads(24)).threads == 24);
}

TEST_CASE("without topology files every thread is a core") {
  const test::Scratch nothing;
  CHECK(survey_with(nothing, threads(6)).cores == 6);
  CHECK(survey_with(nothing, {}).cores == 1);
  CHECK(survey_with(nothing, {}).threads == 1);
}

TEST_CASE("the tightest control group above the process limits its threads") {
  const test::DeviceTree tree("none");
  const Cpu cpu = survey_cpu(KernelFiles(tree.root()), test::epyc_genoa(), threads(4));
  CHECK(cpu.cores == 2);
  CHECK(cpu.quota == 1.5);
  CHECK(cpu.recommended_threads() == 2);
}

TEST_CASE("control groups of version 1 are read too") {
  const test::Scratch scratch;
  scratch.write("proc/self/cgroup", "5:devices:/x\n4:cpu,cpuacct:/docker/ab\n0::/\n");
  scratch.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  scratch.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  scratch.write("sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us", "50000\n");
  scratch.write("sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us", "100000\n");
  const Cpu cpu = survey_with(scratch, threads(8));
  CHECK(cpu.quota == 0.5);
  CHECK(cpu.recommended_threads() == 1);
}

TEST_CASE("odd control group files mean no limit") {
  for (const char* text : {"", "max", "max 100000", "x y", "100 0", "-5 100"}) {
    const test::Scratch scratch;
    scratch.write("proc/self/cgroup", "garbage\n0::nothing\n0::/../..\n:\n0::/a\n");
    scratch.write("sys/fs/cgroup/a/cpu.max", text);
    CHECK(survey_with(scratch, threads(3)).quota == 0);
    CHECK(survey_with(scratch, threads(3)).recommended_threads() == 3);
  }
}

TEST_CASE("this machine has at least one thread to run on") {
  const std::vector<std::uint32_t> affinity = current_affinity();
  REQUIRE_FALSE(affinity.empty());
  CHECK(std::is_sorted(affinity.begin(), affinity.end()));
  const Cpu cpu = survey_cpu(KernelFiles(), read_cpuid(), affinity);
  CHECK(cpu.recommended_threads() >= 1);
  CHECK(cpu.recommended_threads() <= affinity.size());
}

}  // namespace
}  // namespace forge::device
