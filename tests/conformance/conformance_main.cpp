// forge_conformance PACK: runs the suite on a pack of the build tree. Exit code 0: nothing is
// wrong; 1: something is, or the pack cannot be loaded; 77: this machine cannot run the pack.
#include <fmt/core.h>

#include <filesystem>
#include <string>

#include "core/codec/host_codecs.hpp"
#include "core/conformance/suite.hpp"
#include "core/device/survey.hpp"
#include "core/plugin/discovery.hpp"
#include "core/plugin/loader.hpp"

namespace forge {
namespace {

constexpr int kSkipped = 77;

int fail(const Status& status) {
  fmt::print(stderr, "{}\n", status.message());
  return 1;
}

int run(const std::string& id) {
  const std::filesystem::path build = FORGE_BUILD_DIR;
  plugin::PluginOptions options;
  options.probe_program = build / "bin" / "rocmforge-probe";
  options.cache_directory = build / "tests" / "probe-cache";
  const plugin::Discovery found = plugin::discover({{build / "plugins", "build tree"}});
  plugin::Selection selection = plugin::select(found, device::survey({}), options);
  if (selection.find(id) == nullptr) {
    for (const plugin::Candidate& candidate : selection.candidates()) {
      if (candidate.id() != id) continue;
      for (const plugin::Rejection& rejection : candidate.rejections)
        fmt::print("skipped: {}\n", rejection.text);
      return kSkipped;
    }
    return fail(not_found(fmt::format("no plugin '{}' in {}", id, build.string())));
  }
  plugin::Loader loader(options, process_codecs());
  if (const Status loaded = loader.load(selection, id); !loaded.ok()) return fail(loaded);
  const plugin::RegisteredPack& pack = *loader.view().kernel_pack(id);
  graph::DeviceOptions device;
  device.data_directory = pack.directory.string();
  device.n_threads = 1;
  const auto one = graph::PackDevice::open(id, *pack.pack, device);
  device.n_threads = 3;
  const auto many = graph::PackDevice::open(id, *pack.pack, device);
  if (!one.ok()) return fail(one.status());
  if (!many.ok()) return fail(many.status());
  const auto report = conformance::run_suite(**one, **many, {});
  if (!report.ok()) return fail(report.status());
  for (const conformance::Line& line : report->lines) {
    for (const conformance::Failure& f : line.failures)
      fmt::print("FAILED {} {}, {}: {}\n", line.op, line.type, f.shape, f.what);
  }
  fmt::print("{}: {} right, {} wrong, {} not supported\n", id, report->n_ok(), report->n_failed(),
             report->n_unsupported());
  return report->n_failed() == 0 && report->n_ok() > 0 ? 0 : 1;
}

}  // namespace
}  // namespace forge

int main(int argc, char** argv) {
  if (argc != 2) return forge::fail(forge::invalid_argument("usage: forge_conformance PACK"));
  return forge::run(argv[1]);
}
