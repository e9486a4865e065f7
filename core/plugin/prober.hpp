// core/plugin/prober.hpp: trying a plugin in a process of its own before it is opened in this one.
//
// A library's first code runs while it is opened: a static initialiser for another processor, a
// broken runtime it is linked to, a driver that hangs. None of that can be caught in one's own
// process, so each library goes through open, initialize, self-test, interfaces and shutdown once
// per boot in a program of its own, with a time limit; whatever ends there ends there.
//
// Rationale for a program instead of fork(): a forked child of a process with threads may only call
// what is safe in a signal handler, and the dynamic linker, the allocator and the sanitizers are
// not. A fresh program has one thread, no locks taken and no open files, and it behaves the same in
// every build. It costs a few milliseconds, once.
#ifndef FORGE_CORE_PLUGIN_PROBER_HPP_
#define FORGE_CORE_PLUGIN_PROBER_HPP_

#include <chrono>
#include <filesystem>
#include <string>

#include "core/plugin/manifest.hpp"
#include "core/plugin/options.hpp"
#include "core/plugin/probe_cache.hpp"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// A passed probe: of which file, as it was when it was tried.
struct ProbePass {
  std::filesystem::path library;
  std::string identity;
};

// Thread-safe.
class Prober {
 public:
  // Uses of the options: probe, probe_limit, probe_program, cache_directory.
  explicit Prober(const PluginOptions& options);

  // A pass when the library passed now, or since this boot and unchanged, or when probing is
  // switched off. Otherwise what went wrong. [any-thread]
  Result<ProbePass> probe(const Manifest& manifest) const;

  // A pass counts until something happens: while a library is being loaded in this process its pass
  // is taken away, and given back when that went well. So a crash in between makes the next start
  // probe again.
  void take_away(const ProbePass& pass) const;
  void give_back(const ProbePass& pass) const;

 private:
  Status run(const Manifest& manifest) const;

  bool enabled_;
  std::chrono::milliseconds limit_;
  std::filesystem::path program_;
  ProbeCache cache_;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_PROBER_HPP_
