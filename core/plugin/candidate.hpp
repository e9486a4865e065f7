// core/plugin/candidate.hpp: one plugin on its way from a manifest to being loaded or not, and why.
#ifndef FORGE_CORE_PLUGIN_CANDIDATE_HPP_
#define FORGE_CORE_PLUGIN_CANDIDATE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/discovery.hpp"

namespace forge::plugin {

// Why a plugin was rejected, as bits; a Rejection carries one of them and a sentence.
enum class Reason : std::uint32_t {
  kManifest = 1u << 0,    // the manifest is not sound
  kShadowed = 1u << 1,    // a plugin of the same id came first
  kDenied = 1u << 2,      // the user's deny list
  kNotAllowed = 1u << 3,  // not on the user's allow list
  kAbi = 1u << 4,         // built for another ABI
  kFiles = 1u << 5,       // its library or a code object is missing, or lies outside its folder
  kCpu = 1u << 6,         // needs what the processor or the operating system does not offer
  kSafeMode = 1u << 7,    // the user asked for safe mode, or for the CPU
  kNoDevice = 1u << 8,    // this machine has no GPU
  kProcessor = 1u << 9,   // no GPU has the processor it was compiled for
  kAccess = 1u << 10,     // a GPU fits, but this process may not use it
  kRocm = 1u << 11,       // another ROCm version
  kProbe = 1u << 12,      // failed, crashed or hung when it was tried in a process of its own
  kLoad = 1u << 13,       // failed when it was loaded
  kSafety = 1u << 14,     // its device did not pass the checks before use (core/safety)
};
std::string_view reason_name(Reason reason);  // "processor"

struct Rejection {
  Reason reason;
  std::string text;  // one sentence without a full stop
};

// A device that a kernel pack can run on.
struct PackDevice {
  std::string key;        // "cpu" or the PCI id
  std::string name;       // for people
  std::string processor;  // "x86-64-v4", "gfx1100"
  std::int64_t score = 0;
};

// What a candidate is chosen for.
enum class Role {
  kNone,
  kPrimary,   // the kernel pack that runs models
  kFallback,  // the CPU pack that takes over what the primary cannot do
  kLoaded,    // codecs and architectures: all that are accepted
};
std::string_view role_name(Role role);  // "primary"; "" for kNone

// A value type.
struct Candidate {
  FoundManifest found;
  std::size_t index = 0;              // among all that were found
  std::vector<Rejection> rejections;  // empty: accepted
  std::vector<PackDevice> devices;    // kernel packs: best first; empty when rejected
  bool forced = false;
  std::int64_t score = 0;          // comparable among kernel packs; 0 for other kinds
  std::vector<std::string> notes;  // worth knowing, but no reason against it
  Role role = Role::kNone;
  std::string lost;  // accepted, but not chosen: why

  bool accepted() const { return rejections.empty(); }
  const std::string& id() const { return found.id; }
  // "kernel-pack", "codec, architecture"; "?" without a sound manifest.
  std::string kinds() const;
  std::uint32_t reason_bits() const;
  // Everything against it in one line; empty when it is chosen.
  std::string why_not() const;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_CANDIDATE_HPP_
