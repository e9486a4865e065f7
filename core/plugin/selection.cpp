#include "core/plugin/selection.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/plugin/requirements.hpp"

namespace forge::plugin {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

// "gfx1201@0000:03:00.0" is id and device; without '@' there is no device.
std::pair<std::string, std::string> split_force(const std::string& force) {
  const std::size_t at = force.find('@');
  if (at == std::string::npos) return {force, {}};
  return {force.substr(0, at), force.substr(at + 1)};
}

void apply_force(const std::string& device, Candidate& candidate) {
  candidate.forced = true;
  if (device.empty() || !candidate.accepted()) return;
  const auto wanted = std::find_if(candidate.devices.begin(), candidate.devices.end(),
                                   [&](const PackDevice& d) { return d.key == device; });
  if (wanted == candidate.devices.end()) {
    candidate.rejections.push_back(
        {Reason::kNoDevice,
         fmt::format("forced onto device {}, which it cannot run on", quote(device))});
    return;
  }
  candidate.devices = {*wanted};
  candidate.score = candidate.devices.front().score;
}

// Above AVX2: what a processor of the last ten years may lack.
bool beyond_v3(const Requirements& needs) {
  return needs.host_isa > device::IsaLevel::kV3 ||
         std::any_of(needs.cpu_features.begin(), needs.cpu_features.end(),
                     [](const std::string& name) {
                       return name.starts_with("avx512") || name.starts_with("amx");
                     });
}

void apply_modes(const PluginOptions& options, Candidate& candidate) {
  const Manifest& manifest = *candidate.found.manifest;
  if (manifest.is_unsurveyed_pack() && !candidate.forced) {
    candidate.rejections.push_back(
        {Reason::kNoDevice, fmt::format("for devices of the kind {}, which are not looked for and "
                                        "not checked: taken on request, --pack {}",
                                        quote(manifest.needs.device), manifest.id)});
  }
  const bool for_gpus = manifest.is_gpu_pack() || manifest.is_unsurveyed_pack();
  if (for_gpus && (options.safe || options.cpu_only)) {
    candidate.rejections.push_back(
        {Reason::kSafeMode, options.safe ? "safe mode: GPU packs are not used"
                                         : "the CPU was asked for: GPU packs are not used"});
  } else if (options.safe && beyond_v3(manifest.needs)) {
    candidate.rejections.push_back(
        {Reason::kSafeMode, "safe mode: nothing beyond x86-64-v3 (AVX2) is used"});
  }
}

void apply_lists(const PluginOptions& options, Candidate& candidate) {
  const std::string& id = candidate.id();
  if (contains(options.deny, id)) {
    candidate.rejections.push_back({Reason::kDenied, "on the deny list"});
  } else if (!options.allow.empty() && !candidate.forced && !contains(options.allow, id)) {
    candidate.rejections.push_back({Reason::kNotAllowed, "not on the allow list"});
  }
}

Candidate judge(const FoundManifest& found, const device::Survey& survey,
                const PluginOptions& options) {
  Candidate candidate;
  candidate.found = found;
  if (!found.manifest) {
    candidate.rejections.push_back({Reason::kManifest, found.problem.message()});
    return candidate;
  }
  if (!found.shadowed_by.empty()) {
    candidate.rejections.push_back(
        {Reason::kShadowed, fmt::format("shadowed: {} has the same id and was found first",
                                        quote(found.shadowed_by.native(), 4096))});
    return candidate;
  }
  check_requirements(survey, candidate);
  for (const std::string& force : options.force) {
    const auto [id, device] = split_force(force);
    if (id == found.id) apply_force(device, candidate);
  }
  apply_lists(options, candidate);
  apply_modes(options, candidate);
  if (!candidate.accepted()) {
    candidate.devices.clear();
    candidate.score = 0;
  }
  return candidate;
}

// Names in the user's lists that no plugin has.
void note_unknown_ids(const std::vector<Candidate>& candidates, std::string_view list,
                      const std::vector<std::string>& ids, std::vector<std::string>& notes) {
  std::vector<std::string_view> known;
  for (const Candidate& candidate : candidates) known.push_back(candidate.id());
  for (const std::string& entry : ids) {
    const std::string id = split_force(entry).first;
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    notes.push_back(fmt::format("{} names plugin {}, which was not found{}", list, quote(id),
                                did_you_mean(id, known)));
  }
}

bool is_pack(const Candidate& candidate) {
  return candidate.found.manifest && candidate.found.manifest->has(Kind::kKernelPack);
}

// Not for the processor, so that a CPU pack stands behind it.
bool is_gpu_pack(const Candidate& candidate) {
  const std::optional<Manifest>& manifest = candidate.found.manifest;
  return manifest && (manifest->is_gpu_pack() || manifest->is_unsurveyed_pack());
}

std::string lost_against(const Candidate& loser, const Candidate& winner) {
  if (winner.forced && !loser.forced) return fmt::format("{} is forced", winner.id());
  if (winner.score != loser.score) {
    return fmt::format("outranked by {} (score {} against {})", winner.id(), winner.score,
                       loser.score);
  }
  return fmt::format("outranked by {} (same score; priority, then the alphabet, decides)",
                     winner.id());
}

void log_candidate(const Candidate& candidate) {
  spdlog::logger& log = log::get("plugin");
  if (!candidate.accepted()) {
    // What a user broke or should see without asking is louder than what merely does not fit.
    const bool broken =
        (candidate.reason_bits() & (static_cast<std::uint32_t>(Reason::kManifest) |
                                    static_cast<std::uint32_t>(Reason::kAccess))) != 0;
    log.log(broken || candidate.forced ? spdlog::level::warn : spdlog::level::debug,
            "{} rejected: {}", candidate.id(), candidate.why_not());
  } else if (candidate.role == Role::kNone) {
    log.debug("{} accepted, not chosen: {}", candidate.id(), candidate.lost);
  } else {
    log.debug("{} accepted as {} (score {})", candidate.id(), role_name(candidate.role),
              candidate.score);
  }
}

}  // namespace

void Selection::fill(const Discovery& discovery, const device::Survey& survey,
                     const PluginOptions& options) {
  for (const FoundManifest& found : discovery.found) {
    candidates_.push_back(judge(found, survey, options));
    candidates_.back().index = candidates_.size() - 1;
  }
  for (const std::string& force : options.force) forced_.push_back(split_force(force).first);
  notes_ = discovery.notes;
  note_unknown_ids(candidates_, "force", options.force, notes_);
  note_unknown_ids(candidates_, "allow", options.allow, notes_);
  note_unknown_ids(candidates_, "deny", options.deny, notes_);
  rank();
  choose();
  for (const Candidate& candidate : candidates_) log_candidate(candidate);
  for (const std::string& note : notes_) log::get("plugin").warn("{}", note);
}

const Candidate* Selection::find(std::string_view id) const {
  for (const Candidate& candidate : candidates_) {
    if (candidate.accepted() && candidate.id() == id) return &candidate;
  }
  return nullptr;
}

const Candidate* Selection::find(Role role) const {
  for (const Candidate& candidate : candidates_) {
    if (candidate.role == role) return &candidate;
  }
  return nullptr;
}

void Selection::reject(std::string_view id, Rejection rejection) {
  for (Candidate& candidate : candidates_) {
    if (!candidate.accepted() || candidate.id() != id) continue;
    // What a device did not pass is told by the program, with what takes its place.
    const bool told = rejection.reason == Reason::kSafety;
    log::get("plugin").log(told ? spdlog::level::debug : spdlog::level::warn, "{} rejected: {}",
                           candidate.id(), rejection.text);
    candidate.rejections.push_back(std::move(rejection));
    candidate.devices.clear();
    candidate.score = 0;
    break;
  }
  rank();
  choose();
}

void Selection::keep_device(std::string_view id, std::string_view key) {
  for (Candidate& candidate : candidates_) {
    if (!candidate.accepted() || candidate.id() != id) continue;
    std::erase_if(candidate.devices, [key](const PackDevice& d) { return d.key != key; });
    if (!candidate.devices.empty()) candidate.score = candidate.devices.front().score;
  }
}

void Selection::rank() {
  const auto force_index = [this](const Candidate& c) {
    return std::find(forced_.begin(), forced_.end(), c.id()) - forced_.begin();
  };
  const auto key = [&](const Candidate& c) {
    // Rejected ones have no rank but the order they were found in.
    const bool in = c.accepted();
    return std::make_tuple(!is_pack(c), !in, in ? force_index(c) : 0, in ? -c.score : 0,
                           in ? -c.found.manifest->priority : 0, in ? c.id() : std::string(),
                           c.index);
  };
  std::sort(candidates_.begin(), candidates_.end(),
            [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
}

void Selection::choose() {
  const Candidate* primary = nullptr;
  const Candidate* fallback = nullptr;
  for (Candidate& candidate : candidates_) {
    candidate.role = Role::kNone;
    candidate.lost.clear();
    if (!candidate.accepted()) continue;
    if (!is_pack(candidate)) {
      candidate.role = Role::kLoaded;
    } else if (primary == nullptr) {
      candidate.role = Role::kPrimary;
      primary = &candidate;
    } else if (is_gpu_pack(*primary) && !is_gpu_pack(candidate) && fallback == nullptr) {
      candidate.role = Role::kFallback;
      fallback = &candidate;
    } else {
      const bool against_fallback = fallback != nullptr && !is_gpu_pack(candidate);
      candidate.lost = lost_against(candidate, against_fallback ? *fallback : *primary);
      // A pack that offers other things beside is loaded for those.
      if (candidate.found.manifest->kinds.size() > 1) candidate.role = Role::kLoaded;
    }
  }
}

Selection select(const Discovery& discovery, const device::Survey& survey,
                 const PluginOptions& options) {
  Selection selection;
  try {
    selection.fill(discovery, survey, options);
  } catch (const std::exception& error) {  // out of memory: what is not listed is not used
    log::get("plugin").error("the selection of plugins stopped early: {}", error.what());
  }
  return selection;
}

}  // namespace forge::plugin
