#include "core/config/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/base/log_level.hpp"
#include "core/base/suggest.hpp"

namespace forge::config {
namespace {

template <auto kSection, auto kMember>
constexpr auto accessor() {
  using T = std::remove_reference_t<decltype(std::declval<Config&>().*kSection.*kMember)>;
  return Accessor<T>{
      [](const Config& config) -> const T& { return config.*kSection.*kMember; },
      [](Config& config) -> T& { return config.*kSection.*kMember; },
  };
}

// Shorthands for the rows below.
template <auto kMember>
constexpr auto kModel = accessor<&Config::model, kMember>();
template <auto kMember>
constexpr auto kContext = accessor<&Config::context, kMember>();
template <auto kMember>
constexpr auto kSampling = accessor<&Config::sampling, kMember>();
template <auto kMember>
constexpr auto kPlugins = accessor<&Config::plugins, kMember>();
template <auto kMember>
constexpr auto kDevice = accessor<&Config::device, kMember>();
template <auto kMember>
constexpr auto kThreads = accessor<&Config::threads, kMember>();
template <auto kMember>
constexpr auto kChat = accessor<&Config::chat, kMember>();
template <auto kMember>
constexpr auto kLogging = accessor<&Config::logging, kMember>();

constexpr std::string_view kDeviceKinds[] = {"auto", "cpu", "gpu"};
constexpr std::string_view kPromptTypes[] = {"int8", "f16", "fp8"};
constexpr std::string_view kKvTypes[] = {"f16", "f32", "q8_0"};
constexpr std::string_view kThinking[] = {"auto", "on", "off"};
constexpr std::string_view kWhenFull[] = {"stop", "shift"};
constexpr std::string_view kLogFormats[] = {"text", "json"};

constexpr Section kSections[] = {
    {"model", "Which model runs"},
    {"context", "How much it keeps in mind"},
    {"sampling", "How the next token is picked"},
    {"plugins", "Which plugins may be used"},
    {"device", "What the model runs on"},
    {"threads", "Processor threads"},
    {"chat", "Conversations"},
    {"logging", "What is logged, and where to"},
};

constexpr double kMaxInt = 9223372036854775807.0;

constexpr Key kKeys[] = {
    {.section = "model",
     .name = "path",
     .field = kModel<&ModelConfig::path>,
     .help = "GGUF file (of a split model: the first part); empty is the built-in demo model",
     .is_path = true,
     .flag = "-m,--model",
     .environment = "FORGE_MODEL",
     .other_names = "model file gguf"},

    {.section = "context",
     .name = "length",
     .field = kContext<&ContextConfig::length>,
     .help = "Positions a sequence can have; 0 is what the model was trained for",
     .max = 16777216,
     .flag = "-c,--context",
     .other_names = "n_ctx ctx ctx_size num_ctx max_seq_len context_length"},
    {.section = "context",
     .name = "batch",
     .field = kContext<&ContextConfig::batch>,
     .help = "Most token rows of one step: the chunk a prompt is cut into",
     .min = 1,
     .max = 65536,
     .flag = "-b,--batch-size",
     .other_names = "n_batch ubatch batch_size prefill_chunk"},
    {.section = "context",
     .name = "sequences",
     .field = kContext<&ContextConfig::sequences>,
     .help = "Most sequences held at the same time",
     .min = 1,
     .max = 1024,
     .flag = "--sequences",
     .other_names = "n_seq parallel max_sequences max_num_seqs"},

    {.section = "sampling",
     .name = "temperature",
     .field = kSampling<&SamplingConfig::temperature>,
     .help = "Randomness; 0 always takes the most likely token",
     .max = 100,
     .flag = "--temperature,--temp",
     .other_names = "temp"},
    {.section = "sampling",
     .name = "top_k",
     .field = kSampling<&SamplingConfig::top_k>,
     .help = "Keep the k most likely tokens; 0 is off",
     .max = 10000000,
     .flag = "--top-k"},
    {.section = "sampling",
     .name = "top_p",
     .field = kSampling<&SamplingConfig::top_p>,
     .help = "Keep the most likely tokens that together reach this probability; 1 is off",
     .max = 1,
     .flag = "--top-p"},
    {.section = "sampling",
     .name = "min_p",
     .field = kSampling<&SamplingConfig::min_p>,
     .help = "Keep tokens at least this likely relative to the likeliest; 0 is off",
     .max = 1,
     .flag = "--min-p"},
    {.section = "sampling",
     .name = "typical_p",
     .field = kSampling<&SamplingConfig::typical_p>,
     .help = "Keep tokens of typical information up to this probability; 1 is off",
     .max = 1,
     .flag = "--typical-p",
     .other_names = "typical"},
    {.section = "sampling",
     .name = "repetition_penalty",
     .field = kSampling<&SamplingConfig::repetition_penalty>,
     .help = "Divides the positive logits of tokens seen, multiplies negative ones; 1 is off",
     .min = 0.01,
     .max = 100,
     .flag = "--repetition-penalty,--repeat-penalty",
     .other_names = "repeat_penalty"},
    {.section = "sampling",
     .name = "presence_penalty",
     .field = kSampling<&SamplingConfig::presence_penalty>,
     .help = "Subtracted from the logit of every token seen; 0 is off",
     .min = -100,
     .max = 100,
     .flag = "--presence-penalty"},
    {.section = "sampling",
     .name = "frequency_penalty",
     .field = kSampling<&SamplingConfig::frequency_penalty>,
     .help = "Subtracted from a token's logit once for each time it was seen; 0 is off",
     .min = -100,
     .max = 100,
     .flag = "--frequency-penalty"},
    {.section = "sampling",
     .name = "penalty_window",
     .field = kSampling<&SamplingConfig::penalty_window>,
     .help = "How many tokens the penalties look back; 0 is none, -1 is all",
     .min = -1,
     .max = 16777216,
     .flag = "--penalty-window",
     .other_names = "repeat_last_n penalty_last_n"},
    {.section = "sampling",
     .name = "logit_bias",
     .field = kSampling<&SamplingConfig::logit_bias>,
     .help = "Added to the logits of tokens, by id; -1000 forbids a token",
     .min = -1000,
     .max = 1000,
     .flag = "--logit-bias"},
    {.section = "sampling",
     .name = "seed",
     .field = kSampling<&SamplingConfig::seed>,
     .help = "Same seed, same text; -1 is another one every time",
     .min = -1,
     .max = kMaxInt,
     .flag = "--seed"},
    {.section = "sampling",
     .name = "max_tokens",
     .field = kSampling<&SamplingConfig::max_tokens>,
     .help = "Most tokens of an answer; 0 is until the model ends it or the context is full",
     .max = 16777216,
     .flag = "-n,--max-tokens",
     .other_names = "n_predict num_predict max_new_tokens predict"},
    {.section = "sampling",
     .name = "stop",
     .field = kSampling<&SamplingConfig::stop>,
     .help = "Texts that end the answer where they appear; they are not printed",
     .flag = "--stop",
     .other_names = "stop_strings stop_words reverse_prompt"},

    {.section = "plugins",
     .name = "search_paths",
     .field = kPlugins<&PluginsConfig::search_paths>,
     .help = "Folders with plugins, looked at before the built-in ones",
     .is_path = true,
     .flag = "--plugin-path",
     .environment = "FORGE_PLUGIN_PATH",
     .other_names = "path paths directories"},
    {.section = "plugins",
     .name = "allow",
     .field = kPlugins<&PluginsConfig::allow>,
     .help = "Ids of the only plugins that may be loaded; empty is all",
     .flag = "--allow-plugin"},
    {.section = "plugins",
     .name = "deny",
     .field = kPlugins<&PluginsConfig::deny>,
     .help = "Ids of plugins that are never loaded",
     .flag = "--deny-plugin",
     .other_names = "disable disabled block"},
    {.section = "plugins",
     .name = "force",
     .field = kPlugins<&PluginsConfig::force>,
     .help = "Ids of plugins to take before all others, whatever their score, where they fit",
     .flag = "--pack",
     .other_names = "pack backend kernel_pack use"},
    {.section = "plugins",
     .name = "safe",
     .field = kPlugins<&PluginsConfig::safe>,
     .help = "Use only what runs on every desktop: no GPU packs, no pack that needs more than AVX2",
     .flag = "--safe",
     .environment = "FORGE_SAFE",
     .other_names = "safe_mode"},

    {.section = "device",
     .name = "kind",
     .field = kDevice<&DeviceConfig::kind>,
     .help = "Kind of device; auto prefers a GPU that passes its safety checks",
     .choices = kDeviceKinds,
     .flag = "--device",
     .environment = "FORGE_DEVICE",
     .other_names = "type device backend"},
    {.section = "device",
     .name = "k_type",
     .field = kDevice<&DeviceConfig::k_type>,
     .help = "Element type of the keys in the KV cache",
     .choices = kKvTypes,
     .flag = "--k-type",
     .other_names = "cache_type_k ctk kv_type type_k"},
    {.section = "device",
     .name = "v_type",
     .field = kDevice<&DeviceConfig::v_type>,
     .help = "Element type of the values in the KV cache",
     .choices = kKvTypes,
     .flag = "--v-type",
     .other_names = "cache_type_v ctv type_v"},
    {.section = "device",
     .name = "prompt_type",
     .field = kDevice<&DeviceConfig::prompt_type>,
     .help =
         "What prompts are multiplied in, on GPUs: f16 and fp8 (RDNA 4) are faster, but not the "
         "bits that the same tokens give when they are answers, and fp8 is less exact",
     .choices = kPromptTypes,
     .flag = "--prompt-type",
     .other_names = "half_prompts f16_prompts prompt_f16 half fp16 fp8 prefill_type"},
    {.section = "device",
     .name = "desktop_reserve_gb",
     .field = kDevice<&DeviceConfig::desktop_reserve_gb>,
     .help = "GiB of a GPU's memory that are left to the desktop",
     .max = 1024,
     .flag = "--desktop-reserve-gb",
     .environment = "FORGE_DESKTOP_VRAM_GB",
     .other_names = "vram_reserve desktop_vram_gb reserve"},
    {.section = "device",
     .name = "require_gpu",
     .field = kDevice<&DeviceConfig::require_gpu>,
     .help =
         "Where no GPU can be used, fail with a code that says why; do not run on the processor",
     .flag = "--require-gpu",
     .environment = "FORGE_REQUIRE_GPU",
     .other_names = "gpu_required force_gpu"},
    {.section = "device",
     .name = "lock_timeout",
     .field = kDevice<&DeviceConfig::lock_timeout>,
     .help = "Seconds to wait for a GPU that another process uses",
     .max = 86400,
     .flag = "--lock-timeout",
     .environment = "FORGE_LOCK_TIMEOUT",
     .other_names = "wait_for_gpu lock_wait timeout"},
    {.section = "device",
     .name = "preflight_limit",
     .field = kDevice<&DeviceConfig::preflight_limit>,
     .help = "Seconds that each stage of a GPU's check may take; 0 is what its pack says",
     .max = 600,
     .flag = "--preflight-limit",
     .environment = "FORGE_PREFLIGHT_LIMIT",
     .other_names = "stage_limit preflight_timeout"},
    {.section = "device",
     .name = "idle_release",
     .field = kDevice<&DeviceConfig::idle_release>,
     .help = "Seconds that a chat waits for its user until it lets the GPU sleep; 0 is never",
     .max = 86400,
     .flag = "--idle-release",
     .environment = "FORGE_IDLE_RELEASE",
     .other_names = "idle idle_timeout gpu_idle sleep keep_alive"},
    {.section = "device",
     .name = "root",
     .field = kDevice<&DeviceConfig::root>,
     .help = "Look for devices below this folder: a recording made by tools/device-tree.sh",
     .is_path = true,
     .is_folder = true,
     .flag = "--device-root",
     .environment = "FORGE_DEVICE_ROOT",
     .other_names = "sysfs sysfs_root"},

    {.section = "threads",
     .name = "count",
     .field = kThreads<&ThreadsConfig::count>,
     .help = "Threads that compute; 0 is one for each physical core",
     .max = 4096,
     .flag = "-t,--threads",
     .environment = "FORGE_THREADS",
     .other_names = "n_threads num_threads threads num_thread"},
    {.section = "threads",
     .name = "pin",
     .field = kThreads<&ThreadsConfig::pin>,
     .help = "Bind each thread to a processor",
     .flag = "--pin",
     .other_names = "affinity"},

    {.section = "chat",
     .name = "system",
     .field = kChat<&ChatConfig::system>,
     .help = "System prompt; empty is none",
     .flag = "-s,--system",
     .other_names = "system_prompt prompt"},
    {.section = "chat",
     .name = "template_file",
     .field = kChat<&ChatConfig::template_file>,
     .help = "Jinja file to use in place of the model's own chat template",
     .is_path = true,
     .flag = "--template-file",
     .other_names = "template chat_template"},
    {.section = "chat",
     .name = "thinking",
     .field = kChat<&ChatConfig::thinking>,
     .help = "Whether the model thinks before it answers; auto is as its template has it",
     .choices = kThinking,
     .flag = "--thinking",
     .other_names = "enable_thinking reasoning think"},
    {.section = "chat",
     .name = "show_thinking",
     .field = kChat<&ChatConfig::show_thinking>,
     .help = "Show what the model thinks",
     .flag = "--show-thinking",
     .other_names = "show_reasoning"},
    {.section = "chat",
     .name = "show_stats",
     .field = kChat<&ChatConfig::show_stats>,
     .help = "Show tokens and speed under an answer",
     .flag = "--show-stats",
     .other_names = "stats footer verbose"},
    {.section = "chat",
     .name = "when_full",
     .field = kChat<&ChatConfig::when_full>,
     .help = "At the end of the context: stop, or shift, which forgets the oldest turns",
     .choices = kWhenFull,
     .flag = "--when-full",
     .other_names = "overflow context_shift"},

    {.section = "logging",
     .name = "level",
     .field = kLogging<&LoggingConfig::level>,
     .help = "Least serious lines that are logged; the flag also takes info,plugin=debug",
     .choices = log::kLevelNames,
     .flag = "--log-level",
     .environment = "FORGE_LOG",
     .other_names = "log_level verbosity loglevel"},
    {.section = "logging",
     .name = "levels",
     .field = kLogging<&LoggingConfig::levels>,
     .help = "Levels of single subsystems and plugins",
     .choices = log::kLevelNames,
     .other_names = "log_levels subsystems"},
    {.section = "logging",
     .name = "file",
     .field = kLogging<&LoggingConfig::file>,
     .help = "File the log is appended to; standard error then shows warnings and errors only",
     .is_path = true,
     .flag = "--log-file",
     .environment = "FORGE_LOG_FILE",
     .other_names = "log_file path"},
    {.section = "logging",
     .name = "format",
     .field = kLogging<&LoggingConfig::format>,
     .help = "Lines for people, or one JSON object a line",
     .choices = kLogFormats,
     .flag = "--log-format",
     .other_names = "log_format style"},
};

std::string number_range(const Key& key, std::string_view what) {
  if (key.max >= kMaxInt) return fmt::format("{} from {} up", what, key.min);
  return fmt::format("{} from {} to {}", what, key.min, key.max);
}

// True when `names` (separated by spaces) has `name`.
bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

// Other programs' name for a key of ours: the one in the same section first.
const Key* known_elsewhere(std::string_view section, std::string_view name) {
  const Key* found = nullptr;
  for (const Key& key : kKeys) {
    if (key.name != name && !lists(key.other_names, name)) continue;
    if (key.section == section) return &key;
    if (found == nullptr) found = &key;
  }
  return found;
}

}  // namespace

std::string Key::full_name() const { return fmt::format("{}.{}", section, name); }

std::span<const Section> sections() { return kSections; }
std::span<const Key> keys() { return kKeys; }

const Key* find(std::string_view section, std::string_view name) {
  const auto* found = std::ranges::find_if(
      kKeys, [&](const Key& key) { return key.section == section && key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

const Key* find(std::string_view full_name) {
  const std::size_t dot = full_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  return find(full_name.substr(0, dot), full_name.substr(dot + 1));
}

const Section* find_section(std::string_view name) {
  const auto* found = std::ranges::find(kSections, name, &Section::name);
  return found == std::end(kSections) ? nullptr : found;
}

Value get(const Config& config, const Key& key) {
  return std::visit([&](const auto& field) { return Value(field.read(config)); }, key.field);
}

void set(Config& config, const Key& key, Value value) {
  const auto store = [&]<class T>(const Accessor<T>& field) {
    if (T* typed = std::get_if<T>(&value)) field.write(config) = std::move(*typed);
  };
  std::visit(store, key.field);
}

std::string expectation(const Key& key) {
  struct Visitor {
    const Key& key;
    std::string operator()(Accessor<bool>) const { return "true or false"; }
    std::string operator()(Accessor<std::int64_t>) const {
      return number_range(key, "a whole number");
    }
    std::string operator()(Accessor<double>) const { return number_range(key, "a number"); }
    std::string operator()(Accessor<std::string>) const {
      if (key.choices.empty()) return key.is_path ? "a path" : "a text";
      return fmt::format("one of {}", fmt::join(key.choices, ", "));
    }
    std::string operator()(Accessor<Strings>) const {
      return key.is_path ? "a list of paths" : "a list of texts";
    }
    std::string operator()(Accessor<Biases>) const {
      return number_range(key, "a table of token ids, each with a number");
    }
    std::string operator()(Accessor<Names>) const {
      return fmt::format("a table of names, each with one of {}", fmt::join(key.choices, ", "));
    }
  };
  return std::visit(Visitor{key}, key.field);
}

std::string suggest_key(std::string_view section, std::string_view name) {
  std::vector<std::string_view> here;
  std::vector<std::string_view> everywhere;
  for (const Key& key : kKeys) {
    everywhere.push_back(key.name);
    if (key.section == section) here.push_back(key.name);
  }
  const Key* meant = known_elsewhere(section, name);
  if (meant == nullptr) meant = find(section, nearest(name, here));
  if (meant == nullptr) meant = known_elsewhere(section, nearest(name, everywhere));
  return meant == nullptr ? std::string() : fmt::format("; did you mean '{}'?", meant->full_name());
}

}  // namespace forge::config
