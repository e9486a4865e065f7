#include "core/plugin/candidate.hpp"

#include <bit>
#include <iterator>

namespace forge::plugin {

std::string_view reason_name(Reason reason) {
  constexpr std::string_view kNames[] = {
      "manifest",  "shadowed",  "denied", "not_allowed", "abi",   "files", "cpu",   "safe_mode",
      "no_device", "processor", "access", "rocm",        "probe", "load",  "safety"};
  const auto index = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(reason)));
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kPrimary:
      return "primary";
    case Role::kFallback:
      return "fallback";
    case Role::kLoaded:
      return "loaded";
    case Role::kNone:
      break;
  }
  return "";
}

std::string Candidate::kinds() const {
  if (!found.manifest) return "?";
  std::string text;
  for (const Kind kind : found.manifest->kinds) {
    if (!text.empty()) text += ", ";
    text += kind_name(kind);
  }
  return text;
}

std::uint32_t Candidate::reason_bits() const {
  std::uint32_t bits = 0;
  for (const Rejection& rejection : rejections)
    bits |= static_cast<std::uint32_t>(rejection.reason);
  return bits;
}

std::string Candidate::why_not() const {
  if (accepted()) return lost;
  std::string text;
  for (const Rejection& rejection : rejections) {
    if (!text.empty()) text += "; ";
    text += rejection.text;
  }
  return text;
}

}  // namespace forge::plugin
