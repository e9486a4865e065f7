// core/plugin/selection.hpp: every plugin found, accepted or rejected, ranked, and what is chosen.
//
// Nothing here opens a library. Rank among accepted kernel packs: forced first (in the order the
// user named them), then the higher score (core/plugin/requirements.hpp), then the higher priority,
// then the id by alphabet. Codecs and architectures are all loaded, in the same order, so that of
// two that offer the same name the better ranked one has it.
#ifndef FORGE_CORE_PLUGIN_SELECTION_HPP_
#define FORGE_CORE_PLUGIN_SELECTION_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "core/device/survey.hpp"
#include "core/plugin/candidate.hpp"
#include "core/plugin/discovery.hpp"
#include "core/plugin/options.hpp"

namespace forge::plugin {

// Thread-compatible.
class Selection {
 public:
  // Kernel packs, then the others; accepted ones by rank, then the rejected ones as found.
  const std::vector<Candidate>& candidates() const { return candidates_; }

  // The accepted candidate of that id, or nullptr. Valid until the next reject().
  const Candidate* find(std::string_view id) const;
  // The candidate in that role (kPrimary, kFallback), or nullptr. Valid until the next reject().
  const Candidate* find(Role role) const;

  // What the user should hear: a forced plugin that was not found, folders that cannot be read.
  const std::vector<std::string>& notes() const { return notes_; }

  // Turns the accepted candidate of that id down, with what came out later (probe, loading), and
  // chooses anew.
  void reject(std::string_view id, Rejection rejection);

  // The accepted candidate of that id runs on this one of its devices and no other.
  void keep_device(std::string_view id, std::string_view key);

 private:
  friend Selection select(const Discovery&, const device::Survey&, const PluginOptions&);
  void fill(const Discovery& discovery, const device::Survey& survey, const PluginOptions& options);
  void rank();
  void choose();

  std::vector<Candidate> candidates_;
  std::vector<std::string> forced_;  // ids, in the user's order
  std::vector<std::string> notes_;
};

// Holds every manifest against the machine and the user's wishes. Logs one line per candidate.
// Never throws. [any-thread]
Selection select(const Discovery& discovery, const device::Survey& survey,
                 const PluginOptions& options);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_SELECTION_HPP_
