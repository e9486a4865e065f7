// rocmforge-probe: tries one plugin, or one device, in a process that nobody misses.
//
//   rocmforge-probe MANIFEST
//   rocmforge-probe --preflight MANIFEST PCI_ID NAME PROCESSOR BUDGET
//
// The first opens the plugin's library, brings it up and shuts it down, and reports on descriptor 3
// how far it came (core/plugin/probe_report.hpp); started by core/plugin/prober.cpp. The second
// runs a pack's checks of a device in between (core/safety/preflight_stream.hpp); started by
// core/safety/preflight.cpp. Of no use by hand: rocmforge-probe gfx1201.plugin.toml 3>&1
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/child_process.hpp"
#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/plugin/instance.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/manifest.hpp"
#include "core/plugin/probe_report.hpp"
#include "core/safety/preflight_child.hpp"

// A plugin's crash is to end this process by its signal, not by a sanitizer's report of it.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the sanitizers'
extern "C" {
__attribute__((visibility("default"), used)) const char* __asan_default_options();
__attribute__((visibility("default"), used)) const char* __tsan_default_options();
const char* __asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:"
         "detect_leaks=0";
}
const char* __tsan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0";
}
}
// NOLINTEND(bugprone-reserved-identifier)

namespace forge::plugin {
namespace {

void write_report(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(kReportDescriptor, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void enter(Stage stage) { write_report(report_stage(stage)); }

Status probe(const char* path) {
  FORGE_ASSIGN(const Manifest manifest, read_manifest(path));
  process_codecs();  // as in the program itself: plugins may ask for the host's codecs
  enter(Stage::kOpen);
  FORGE_ASSIGN(const forge_plugin_entry_v1* const entry, open_library(manifest.library_path()));
  FORGE_ASSIGN(const Instance instance,
               bring_up(*entry, manifest, HostServices::make_permanent(manifest.id).get(), enter));
  enter(Stage::kShutdown);
  shut_down(instance);
  return {};
}

Status preflight(int argc, const char* const* argv) {
  FORGE_ASSIGN(const safety::PreflightTarget target,
               safety::parse_arguments({argv + 1, argv + argc}));
  return safety::run_preflight_child(target, write_report);
}

}  // namespace
}  // namespace forge::plugin

int main(int argc, char** argv) {
  using namespace forge;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever asked is gone: nobody waits for the answer
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const Status status = argc == 2 ? plugin::probe(argv[1]) : plugin::preflight(argc, argv);
  plugin::write_report(plugin::report_result(status));
  // No exit handlers: a plugin's belong to the process that really loads it.
  _exit(status.ok() ? EXIT_SUCCESS : EXIT_FAILURE);
}
