#include "core/plugin/prober.hpp"

#include <fmt/core.h>

#include <string>

#include "core/base/child_process.hpp"
#include "core/base/log.hpp"
#include "core/plugin/locations.hpp"
#include "core/plugin/probe_report.hpp"
#include "forge/abi/base.h"

namespace forge::plugin {
namespace {

std::filesystem::path program_of(const PluginOptions& options) {
  return options.probe_program.empty() ? find_probe_program(program_directory())
                                       : options.probe_program;
}

std::filesystem::path cache_of(const PluginOptions& options) {
  return options.cache_directory.empty() ? user_cache_directory("probe") : options.cache_directory;
}

}  // namespace

Prober::Prober(const PluginOptions& options)
    : enabled_(options.probe),
      limit_(options.probe_limit),
      program_(program_of(options)),
      // Another build of the program probes again: its identity is part of every entry.
      cache_(cache_of(options), current_boot_id(), identify_file(program_)) {}

Result<ProbePass> Prober::probe(const Manifest& manifest) const {
  ProbePass pass;
  pass.library = manifest.library_path();
  if (!enabled_) return pass;
  pass.identity = identify_file(pass.library);
  spdlog::logger& log = log::get("plugin");
  if (cache_.passed(pass.library, pass.identity)) {
    log.debug("{} passed its probe earlier in this boot", manifest.id);
    return pass;
  }
  cache_.forget(pass.library);
  const auto begin = std::chrono::steady_clock::now();
  Status status = run(manifest);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  log.debug("{} probed in {:.1f} ms: {}", manifest.id, time.count(),
            status.ok() ? "passed" : status.message());
  if (!status.ok()) return status;
  cache_.remember(pass.library, pass.identity);
  return pass;
}

Status Prober::run(const Manifest& manifest) const {
  if (program_.empty()) {
    return failed_precondition(
        "cannot be tried before it is loaded: rocmforge-probe is neither beside the program nor in "
        "libexec/rocmforge; reinstall, or switch probing off");
  }
  ChildOptions options;
  options.program = program_;
  options.arguments = {manifest.path.string()};
  options.limit = limit_;
  const Result<ChildEnd> end = run_child(options);
  if (!end.ok()) return end.status();
  return judge_probe(*end, limit_);
}

void Prober::take_away(const ProbePass& pass) const {
  if (enabled_) cache_.forget(pass.library);
}

void Prober::give_back(const ProbePass& pass) const {
  if (enabled_) cache_.remember(pass.library, pass.identity);
}

}  // namespace forge::plugin
