// core/plugin/options.hpp: what a user may say about plugins, as the configuration fills it in.
#ifndef FORGE_CORE_PLUGIN_OPTIONS_HPP_
#define FORGE_CORE_PLUGIN_OPTIONS_HPP_

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace forge::plugin {

// A plain struct; the initialisers are the defaults.
struct PluginOptions {
  std::vector<std::filesystem::path> search_paths;  // looked at before all others

  // Plugin ids. deny wins over force, force over allow; an empty allow list allows all.
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  // Ranks before everything else that is accepted: "gfx1201", or for one device
  // "gfx1201@0000:03:00.0". Does not make an unfit plugin fit.
  std::vector<std::string> force;

  bool cpu_only = false;  // no GPU packs
  bool safe = false;      // what runs on every desktop: no GPU packs, nothing beyond x86-64-v3

  // Try each library in a process of its own before it is opened here.
  bool probe = true;
  std::chrono::milliseconds probe_limit{10000};
  std::filesystem::path probe_program;    // empty: where the program was installed with it
  std::filesystem::path cache_directory;  // of passed probes; empty: user_cache_directory("probe")
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_OPTIONS_HPP_
