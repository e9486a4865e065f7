#include "core/plugin/manifest.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <span>
#include <system_error>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/config/toml_document.hpp"
#include "core/device/gfx_target.hpp"
#include "forge/abi/base.h"

namespace forge::plugin {
namespace {

constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kMaxListEntries = 64;
constexpr std::int64_t kMaxPriority = 1000;

constexpr std::string_view kSections[] = {"plugin", "requires", "provides"};
constexpr std::string_view kPluginKeys[] = {"id",      "kind",        "kinds",   "abi",
                                            "version", "description", "library", "priority"};
constexpr std::string_view kRequiresKeys[] = {"gfx",          "device",   "rocm",
                                              "code_objects", "host_isa", "cpu_features"};
constexpr std::string_view kProvidesKeys[] = {"architectures", "codecs"};
constexpr std::array<std::string_view, 3> kKindNames = {"kernel-pack", "codec", "architecture"};

// A relative path that, read as text, cannot leave the folder it starts in.
bool stays_inside(const std::string& path) {
  const std::filesystem::path p(path);
  return !path.empty() && p.is_relative() && p.has_filename() &&
         std::none_of(p.begin(), p.end(),
                      [](const std::filesystem::path& part) { return part == ".."; });
}

// Walks one document; every error says where.
class Reader {
 public:
  Reader(const toml::table& document, const std::filesystem::path& path)
      : document_(document), path_(path) {}

  Result<Manifest> read();

 private:
  Status read_plugin(const toml::table& table, Manifest& out);
  Status read_id(const toml::table& table, Manifest& out);
  Status read_kinds(const toml::table& table, Manifest& out);
  Status read_abi(const toml::table& table, Manifest& out);
  Status read_requires(const toml::table& table, Manifest& out);
  Status read_provides(const toml::table& table, Manifest& out);

  Result<const toml::table*> section(std::string_view name) const;
  Status check_keys(const toml::table& table, std::string_view where,
                    std::span<const std::string_view> known) const;
  Status take_text(const toml::table& table, std::string_view key, bool required,
                   std::string& out) const;
  Status take_list(const toml::table& table, std::string_view key,
                   std::vector<std::string>& out) const;
  Status check_text(const toml::node& node, std::string_view key) const;
  Status check_paths(const toml::table& table, std::string_view key,
                     std::span<const std::string> paths) const;

  Status error(const toml::node& at, std::string_view text) const {
    return invalid_argument(config::position_prefix(path_.native(), at.source().begin) +
                            std::string(text));
  }

  const toml::table& document_;
  const std::filesystem::path& path_;
  bool newer_abi_ = false;  // then unknown keys are the newer host's business
};

Result<Manifest> Reader::read() {
  Manifest out;
  out.path = path_;
  FORGE_ASSIGN(const toml::table* const plugin, section("plugin"));
  if (plugin == nullptr) return error(document_, "section [plugin] is missing");
  // Before the keys: whether unknown ones are errors depends on it.
  FORGE_TRY(read_abi(*plugin, out));
  FORGE_TRY(check_keys(document_, "this file", kSections));
  FORGE_TRY(read_plugin(*plugin, out));
  FORGE_ASSIGN(const toml::table* const needs, section("requires"));
  if (needs != nullptr) FORGE_TRY(read_requires(*needs, out));
  FORGE_ASSIGN(const toml::table* const provides, section("provides"));
  if (provides != nullptr) FORGE_TRY(read_provides(*provides, out));
  return out;
}

Result<const toml::table*> Reader::section(std::string_view name) const {
  const toml::node* const node = document_.get(name);
  if (node == nullptr) return static_cast<const toml::table*>(nullptr);
  if (!node->is_table()) {
    return error(*node, fmt::format("'{}' must be a section, written [{}]; it is {}", name, name,
                                    config::describe(*node)));
  }
  return node->as_table();
}

Status Reader::read_plugin(const toml::table& table, Manifest& out) {
  FORGE_TRY(check_keys(table, "[plugin]", kPluginKeys));
  FORGE_TRY(read_id(table, out));
  FORGE_TRY(read_kinds(table, out));
  FORGE_TRY(take_text(table, "version", true, out.version));
  FORGE_TRY(take_text(table, "description", false, out.description));
  FORGE_TRY(take_text(table, "library", true, out.library));
  FORGE_TRY(check_paths(table, "library", std::span(&out.library, 1)));
  const toml::node* const priority = table.get("priority");
  if (priority == nullptr) return {};
  const toml::value<std::int64_t>* const number = priority->as_integer();
  if (number == nullptr || number->get() < -kMaxPriority || number->get() > kMaxPriority) {
    return error(*priority, fmt::format("priority is {}; write a whole number from -{} to {}",
                                        config::describe(*priority), kMaxPriority, kMaxPriority));
  }
  out.priority = static_cast<std::int32_t>(number->get());
  return {};
}

Status Reader::read_id(const toml::table& table, Manifest& out) {
  FORGE_TRY(take_text(table, "id", true, out.id));
  const toml::node& node = *table.get("id");
  if (!is_plugin_id(out.id)) {
    return error(node, fmt::format("id {} is not usable: write 1 to {} of a-z, 0-9, '-', '_' and "
                                   "'.', beginning with a letter or digit, and no subsystem's name",
                                   quote(out.id), kMaxIdBytes));
  }
  const std::string expected = out.id + std::string(kManifestSuffix);
  if (path_.filename() != expected) {
    return error(node, fmt::format("id is '{}', so this file must be named {}", out.id, expected));
  }
  return {};
}

Status Reader::read_kinds(const toml::table& table, Manifest& out) {
  const toml::node* const single = table.get("kind");
  const toml::node* const several = table.get("kinds");
  if ((single == nullptr) == (several == nullptr)) {
    return error(several == nullptr ? table : *several,
                 "write either kind = \"...\" or kinds = [...] in [plugin]");
  }
  std::vector<std::string> names(1);
  if (single != nullptr) FORGE_TRY(take_text(table, "kind", true, names[0]));
  if (several != nullptr) FORGE_TRY(take_list(table, "kinds", names));
  const toml::node& node = single != nullptr ? *single : *several;
  if (names.empty()) return error(node, "kinds is empty; a plugin offers at least one kind");
  for (const std::string& name : names) {
    const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
    if (found == kKindNames.end()) {
      return error(
          node, fmt::format("kind {} is not known; kinds are {}{}", quote(name),
                            "kernel-pack, codec and architecture", did_you_mean(name, kKindNames)));
    }
    const auto kind = static_cast<Kind>(found - kKindNames.begin());
    if (out.has(kind)) return error(node, fmt::format("kind '{}' is there twice", name));
    out.kinds.push_back(kind);
  }
  return {};
}

Status Reader::read_abi(const toml::table& table, Manifest& out) {
  std::string text;
  FORGE_TRY(take_text(table, "abi", true, text));
  const Result<Version> version = parse_version(text);
  constexpr std::uint32_t kMax = std::numeric_limits<std::uint16_t>::max();
  if (!version.ok() || std::count(text.begin(), text.end(), '.') != 1 || version->major > kMax ||
      version->minor > kMax) {
    return error(*table.get("abi"),
                 fmt::format("abi is {}; write \"MAJOR.MINOR\", such as \"{}.{}\"", quote(text),
                             FORGE_ABI_MAJOR, FORGE_ABI_MINOR));
  }
  out.abi = *version;
  newer_abi_ = out.abi > Version{FORGE_ABI_MAJOR, FORGE_ABI_MINOR, 0};
  return {};
}

Status Reader::read_requires(const toml::table& table, Manifest& out) {
  FORGE_TRY(check_keys(table, "[requires]", kRequiresKeys));
  for (const std::string_view key : {"gfx", "device", "rocm", "code_objects"}) {
    if (table.contains(key) && !out.has(Kind::kKernelPack)) {
      return error(*table.get(key), fmt::format("{} is for kernel packs only", key));
    }
  }
  FORGE_TRY(take_list(table, "gfx", out.needs.gfx));
  for (const std::string& gfx : out.needs.gfx) {
    if (!device::is_exact_processor(gfx)) {
      return error(*table.get("gfx"),
                   fmt::format("{} is not one exact processor, such as \"gfx1100\"", quote(gfx)));
    }
  }
  FORGE_TRY(take_text(table, "device", false, out.needs.device));
  if (table.contains("device") && !is_plugin_id(out.needs.device)) {
    return error(*table.get("device"), fmt::format("device {} is no name of a-z, 0-9, - _ and .",
                                                   quote(out.needs.device)));
  }
  if (table.contains("device") && table.contains("gfx")) {
    return error(*table.get("device"), "a pack is for gfx processors or for another device");
  }
  FORGE_TRY(take_list(table, "code_objects", out.needs.code_objects));
  FORGE_TRY(check_paths(table, "code_objects", out.needs.code_objects));
  FORGE_TRY(take_list(table, "cpu_features", out.needs.cpu_features));
  std::string text;
  FORGE_TRY(take_text(table, "rocm", false, text));
  if (table.contains("rocm")) {
    Result<VersionRange> range = VersionRange::parse(text);
    if (!range.ok()) return error(*table.get("rocm"), "rocm: " + range.status().message());
    out.needs.rocm = std::move(range).value();
  }
  text.clear();
  FORGE_TRY(take_text(table, "host_isa", false, text));
  if (!table.contains("host_isa")) return {};
  const std::optional<device::IsaLevel> level = device::isa_by_name(text);
  if (!level) {
    return error(*table.get("host_isa"),
                 fmt::format("host_isa {} is not known; write \"x86-64\", \"x86-64-v2\", "
                             "\"x86-64-v3\" or \"x86-64-v4\"",
                             quote(text)));
  }
  out.needs.host_isa = *level;
  return {};
}

Status Reader::read_provides(const toml::table& table, Manifest& out) {
  FORGE_TRY(check_keys(table, "[provides]", kProvidesKeys));
  FORGE_TRY(take_list(table, "architectures", out.provides.architectures));
  return take_list(table, "codecs", out.provides.codecs);
}

Status Reader::check_keys(const toml::table& table, std::string_view where,
                          std::span<const std::string_view> known) const {
  if (newer_abi_) return {};
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    return invalid_argument(config::position_prefix(path_.native(), key.source().begin) +
                            fmt::format("unknown key {} in {}{}", quote(key.str()), where,
                                        did_you_mean(key.str(), known)));
  }
  return {};
}

Status Reader::check_text(const toml::node& node, std::string_view key) const {
  if (!node.is_string()) {
    return error(node,
                 fmt::format("{} must be text in quotes; it is {}", key, config::describe(node)));
  }
  const std::string& text = node.as_string()->get();
  if (text.empty() || text.size() > kMaxTextBytes || printable(text) != text) {
    return error(node, fmt::format("{} is {}; write 1 to {} printable characters", key, quote(text),
                                   kMaxTextBytes));
  }
  return {};
}

Status Reader::take_text(const toml::table& table, std::string_view key, bool required,
                         std::string& out) const {
  const toml::node* const node = table.get(key);
  if (node == nullptr) {
    return required ? error(table, fmt::format("key '{}' is missing in [plugin]", key)) : Status();
  }
  FORGE_TRY(check_text(*node, key));
  out = node->as_string()->get();
  return {};
}

Status Reader::take_list(const toml::table& table, std::string_view key,
                         std::vector<std::string>& out) const {
  out.clear();
  const toml::node* const node = table.get(key);
  if (node == nullptr) return {};
  const toml::array* const list = node->as_array();
  if (list == nullptr || list->size() > kMaxListEntries) {
    return error(
        *node, fmt::format("{} must be a list of at most {} texts; it is {}", key, kMaxListEntries,
                           list == nullptr ? config::describe(*node) : "longer"));
  }
  for (const toml::node& entry : *list) {
    FORGE_TRY(check_text(entry, key));
    out.push_back(entry.as_string()->get());
  }
  return {};
}

Status Reader::check_paths(const toml::table& table, std::string_view key,
                           std::span<const std::string> paths) const {
  for (const std::string& path : paths) {
    if (stays_inside(path)) continue;
    return error(*table.get(key),
                 fmt::format("{} is {}; write a path relative to this file that stays in its "
                             "folder (not absolute, without '..')",
                             key, quote(path)));
  }
  return {};
}

}  // namespace

std::string_view kind_name(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

bool Manifest::has(Kind kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool is_plugin_id(std::string_view id) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  if (id.empty() || id.size() > kMaxIdBytes || !letter_or_digit(id.front())) return false;
  const auto* const subsystems_end = std::end(log::kSubsystems);
  if (std::find(std::begin(log::kSubsystems), subsystems_end, id) != subsystems_end) return false;
  return std::all_of(id.begin(), id.end(), [&](char c) {
    return letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& path) {
  try {
    if (text.size() > kMaxManifestBytes) {
      return invalid_argument(
          fmt::format("{} is larger than {} bytes", quote(path.native(), 4096), kMaxManifestBytes));
    }
    FORGE_ASSIGN(const toml::table document, config::parse_toml(text, path.native()));
    return Reader(document, path).read();
  } catch (const std::exception& error) {
    return resource_exhausted(
        fmt::format("{}: {}", printable(path.native()), printable(error.what())));
  }
}

Result<Manifest> read_manifest(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return not_found(fmt::format("{} is not a file that can be read", quote(path.native(), 4096)));
  }
  FORGE_ASSIGN(const std::string text, config::read_text_file(path.native()));
  return parse_manifest(text, path);
}

}  // namespace forge::plugin
