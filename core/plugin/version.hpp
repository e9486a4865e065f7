// core/plugin/version.hpp: dotted version numbers and ranges of them, as manifests write them.
#ifndef FORGE_CORE_PLUGIN_VERSION_HPP_
#define FORGE_CORE_PLUGIN_VERSION_HPP_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::plugin {

// major.minor.patch; parts that were not written are 0. A value type.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;

  auto operator<=>(const Version&) const = default;
};

// One to three numbers (each at most 99999), separated by dots: "6", "6.2", "6.2.4".
Result<Version> parse_version(std::string_view text);

// "6.2.0"
std::string to_string(const Version& version);

// Versions that meet every one of its comparisons; all versions when there is none.
class VersionRange {
 public:
  // Comparisons separated by commas: ">=6.2, <8". Operators: >= > <= < =. Empty: an error.
  static Result<VersionRange> parse(std::string_view text);

  bool contains(const Version& version) const;
  bool empty() const { return terms_.empty(); }

  // As it was written.
  const std::string& text() const { return text_; }

 private:
  enum class Operator { kAtLeast, kAbove, kAtMost, kBelow, kEqual };
  struct Term {
    Operator op;
    Version version;
  };
  static Result<Term> parse_term(std::string_view text);

  std::string text_;
  std::vector<Term> terms_;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_VERSION_HPP_
