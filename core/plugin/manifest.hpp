// core/plugin/manifest.hpp: `<id>.plugin.toml`, all that is known of a plugin before it is opened.
//
//   [plugin]
//   id = "gfx1201"                     # a-z 0-9 - _ . ; the file is named gfx1201.plugin.toml
//   kind = "kernel-pack"               # or "codec", "architecture"; kinds = [...] for several
//   abi = "1.0"                        # forge/abi version it was built against
//   version = "0.1.0"
//   library = "libforge_gfx1201.so"    # relative to this file, inside its folder
//   description = "..."                # optional, one line
//   priority = 0                       # optional, -1000..1000: between equal scores, higher wins
//   [requires]                         # optional
//   gfx = ["gfx1200", "gfx1201"]       # exact processors; a kernel pack with none is a CPU pack
//   device = "cuda"                    # instead: a device that is not surveyed; on request only
//   rocm = ">=6.2, <8"                 # installed ROCm, where its version can be told
//   code_objects = ["gfx1201.co"]      # files that must be there, inside the folder
//   host_isa = "x86-64"                # what the library itself is compiled for
//   cpu_features = ["avx512f"]         # named as the compilers' -m flags
//   [provides]                         # optional, for display
//   architectures = ["qwen3"]          # values of general.architecture
//   codecs = ["Q4_K"]                  # names of types
#ifndef FORGE_CORE_PLUGIN_MANIFEST_HPP_
#define FORGE_CORE_PLUGIN_MANIFEST_HPP_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/cpu_features.hpp"
#include "core/plugin/version.hpp"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

inline constexpr std::string_view kManifestSuffix = ".plugin.toml";
inline constexpr std::size_t kMaxManifestBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxIdBytes = 64;

enum class Kind { kKernelPack, kCodec, kArchitecture };
std::string_view kind_name(Kind kind);  // "kernel-pack"

struct Requirements {
  std::vector<std::string> gfx;
  std::string device;  // kind of a device that is not surveyed; empty: none
  std::optional<VersionRange> rocm;
  std::vector<std::string> code_objects;
  device::IsaLevel host_isa = device::IsaLevel::kV1;
  std::vector<std::string> cpu_features;
};

struct Provisions {
  std::vector<std::string> architectures;
  std::vector<std::string> codecs;
};

// A checked manifest: every string is printable, every path stays inside the folder as written. A
// value type.
struct Manifest {
  std::filesystem::path path;  // of the manifest
  std::string id;
  std::vector<Kind> kinds;  // at least one, each once
  Version abi;
  std::string version;
  std::string description;
  std::string library;
  std::int32_t priority = 0;
  Requirements needs;
  Provisions provides;

  bool has(Kind kind) const;
  bool is_gpu_pack() const { return has(Kind::kKernelPack) && !needs.gfx.empty(); }
  // For a device of a kind that this program neither looks for nor checks.
  bool is_unsurveyed_pack() const { return has(Kind::kKernelPack) && !needs.device.empty(); }
  std::filesystem::path directory() const { return path.parent_path(); }
  std::filesystem::path library_path() const { return directory() / library; }
};

// Understands the text of the manifest at `path`, which is not read. Errors are kInvalidArgument
// and start with "PATH:LINE:COLUMN: ". Unknown keys are errors, except in a manifest for an ABI
// newer than the host's, which may say more than this host knows. Never throws. [any-thread]
Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& path);

// Reads and understands a file.
Result<Manifest> read_manifest(const std::filesystem::path& path);

// Ids are file names, folder names and log tags.
bool is_plugin_id(std::string_view id);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_MANIFEST_HPP_
