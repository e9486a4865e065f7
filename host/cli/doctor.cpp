// rocmforge doctor: what this machine has, what may be used, and what stands in the way.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/base/log.hpp"
#include "core/config/schema.hpp"
#include "core/plugin/locations.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/terminal.hpp"
#include "host/doctor/examination.hpp"
#include "host/gpu_policy.hpp"

namespace forge::cli {
namespace {

struct DoctorOptions {
  bool json = false;
  bool no_preflight = false;
};

constexpr std::size_t kWidest = 100;

Status run_doctor(const DoctorOptions& options, const Program& program) {
  const Interrupt interrupt;
  const Config& config = program.config();
  // What would be logged is in the report; a level that somebody asked for stays.
  for (const char* subsystem : {"plugin", "safety"}) {
    if (config.logging.level == LoggingConfig().level && !config.logging.levels.contains(subsystem))
      log::set_level(subsystem, spdlog::level::err);
  }
  ExaminationOptions how;
  how.groups = device::current_groups();
  how.gate = gate_options(config, "rocmforge doctor");
  how.gate.probe_program = plugin::find_probe_program(plugin::program_directory());
  how.preflight = !options.no_preflight;
  const Examination found = examine(set_up_plugins(config), config, how);
  FORGE_TRY(Interrupt::check());
  const std::size_t width =
      is_terminal(stdout) ? std::clamp<std::size_t>(terminal_width(stdout), 40, kWidest) : kWidest;
  fmt::print("{}", options.json ? examination_json(found) : examination_text(found, width));
  return {};
}

}  // namespace

void add_doctor(CLI::App& app, Program& program) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Checks system, driver, ROCm and GPUs, and says what would be used and why");
  command->group(kProgramCommands);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--no-preflight", options->no_preflight,
                    "Only look: let no pack try a GPU, not even in a process of its own");
  program.add_config_options(*command, {"device.kind", "device.desktop_reserve_gb",
                                        "device.preflight_limit", "device.root", "plugins"});
  add_examples(*command, {{"Why is my GPU not used?", "rocmforge doctor"},
                          {"For a bug report, or for scripts", "rocmforge doctor --json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return run_doctor(*options, program); });
  });
}

}  // namespace forge::cli
