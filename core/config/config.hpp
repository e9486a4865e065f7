// core/config/config.hpp: everything a user can set, as one plain struct.
//
// Made once at the start of the program by core/config/load.hpp from defaults, a file, the
// environment and flags, and only read afterwards. The initialisers here are the defaults; names,
// ranges and help are in core/config/schema.cpp, and docs/config.md is generated from both.
#ifndef FORGE_CORE_CONFIG_CONFIG_HPP_
#define FORGE_CORE_CONFIG_CONFIG_HPP_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace forge {

struct ModelConfig {
  std::string path;  // GGUF file; empty: the demo model that comes with the program
  bool operator==(const ModelConfig&) const = default;
};

struct ContextConfig {
  std::int64_t length = 0;     // positions per sequence; 0: as the model was trained
  std::int64_t batch = 512;    // most token rows of one step: the chunk a prompt is cut into
  std::int64_t sequences = 1;  // most sequences at the same time
  bool operator==(const ContextConfig&) const = default;
};

struct SamplingConfig {
  double temperature = 0.8;  // 0: greedy
  std::int64_t top_k = 40;   // 0: off
  double top_p = 0.95;       // 1: off
  double min_p = 0.05;       // 0: off
  double typical_p = 1.0;    // 1: off
  double repetition_penalty = 1.0;
  double presence_penalty = 0.0;
  double frequency_penalty = 0.0;
  std::int64_t penalty_window = 64;           // tokens looked back; 0: none, -1: all
  std::map<std::int64_t, double> logit_bias;  // token id -> what is added to its logit
  std::int64_t seed = -1;                     // -1: another one every time
  std::int64_t max_tokens = 0;                // 0: until the model ends or the context is full
  std::vector<std::string> stop;
  bool operator==(const SamplingConfig&) const = default;
};

struct PluginsConfig {
  std::vector<std::string> search_paths;  // looked at before the built-in ones
  std::vector<std::string> allow;         // plugin ids; empty: all
  std::vector<std::string> deny;
  std::vector<std::string> force;  // ids ranked before all others, best first
  // Only what runs on every desktop: no GPU packs, no pack that needs more than AVX2.
  bool safe = false;
  bool operator==(const PluginsConfig&) const = default;
};

struct DeviceConfig {
  std::string kind = "auto";         // "auto", "cpu", "gpu"
  std::string k_type = "f16";        // how keys of the KV cache are stored
  std::string v_type = "f16";        // how values are
  double desktop_reserve_gb = 4.;    // GiB of VRAM left to the desktop
  std::string prompt_type = "int8";  // what products of prompts are made in, on GPUs
  bool require_gpu = false;          // fail in place of running on the processor
  double lock_timeout = 10.;         // seconds to wait for a GPU that another process uses
  double preflight_limit = 0;  // seconds a stage of a GPU's check may take; 0: as its pack says
  double idle_release = 5.;    // seconds without work until a GPU may sleep; 0: never
  std::string root = "/";      // where /sys, /proc and /dev are looked for
  bool operator==(const DeviceConfig&) const = default;
};

struct ThreadsConfig {
  std::int64_t count = 0;  // 0: one per physical core
  bool pin = false;
  bool operator==(const ThreadsConfig&) const = default;
};

struct ChatConfig {
  std::string system;             // system prompt; empty: none
  std::string template_file;      // Jinja file in place of the model's own template
  std::string thinking = "auto";  // "auto": as the template has it, "on", "off"
  bool show_thinking = true;
  bool show_stats = true;          // the footer under an answer
  std::string when_full = "stop";  // at the end of the context: "stop" or "shift"
  bool operator==(const ChatConfig&) const = default;
};

struct LoggingConfig {
  std::string level = "warn";                 // a name of log::level_names()
  std::map<std::string, std::string> levels;  // subsystem or plugin id -> level
  std::string file;                           // empty: none
  std::string format = "text";                // "text" or "json" (one object a line)
  bool operator==(const LoggingConfig&) const = default;
};

struct Config {
  ModelConfig model;
  ContextConfig context;
  SamplingConfig sampling;
  PluginsConfig plugins;
  DeviceConfig device;
  ThreadsConfig threads;
  ChatConfig chat;
  LoggingConfig logging;
  bool operator==(const Config&) const = default;
};

}  // namespace forge

#endif  // FORGE_CORE_CONFIG_CONFIG_HPP_
