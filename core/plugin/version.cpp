#include "core/plugin/version.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace forge::plugin {
namespace {

constexpr std::uint32_t kMaxPart = 99999;

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Status malformed(std::string_view text) {
  return invalid_argument(fmt::format(
      "'{}' is not a version: write one to three numbers with dots, such as 6.2", text));
}

}  // namespace

Result<Version> parse_version(std::string_view text) {
  std::uint32_t parts[3] = {};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0;; ++i) {
    if (i == std::size(parts)) return malformed(text);
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc() || parts[i] > kMaxPart) return malformed(text);
    if (next == end) break;
    if (*next != '.') return malformed(text);
    at = next + 1;
  }
  return Version{parts[0], parts[1], parts[2]};
}

std::string to_string(const Version& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

Result<VersionRange::Term> VersionRange::parse_term(std::string_view text) {
  struct Spelling {
    std::string_view text;
    Operator op;
  };
  constexpr Spelling kSpellings[] = {{">=", Operator::kAtLeast},
                                     {"<=", Operator::kAtMost},
                                     {">", Operator::kAbove},
                                     {"<", Operator::kBelow},
                                     {"=", Operator::kEqual}};
  for (const Spelling& spelling : kSpellings) {
    if (!text.starts_with(spelling.text)) continue;
    FORGE_ASSIGN(const Version version, parse_version(trim(text.substr(spelling.text.size()))));
    return Term{spelling.op, version};
  }
  return invalid_argument(fmt::format(
      "'{}' is not a comparison: start with >=, >, <=, < or =, such as \">=6.2, <8\"", text));
}

Result<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  range.text_ = text;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    FORGE_ASSIGN(const Term term, parse_term(trim(rest.substr(0, comma))));
    range.terms_.push_back(term);
    if (comma == std::string_view::npos) return range;
    rest.remove_prefix(comma + 1);
  }
}

bool VersionRange::contains(const Version& version) const {
  return std::all_of(terms_.begin(), terms_.end(), [&version](const Term& term) {
    switch (term.op) {
      case Operator::kAtLeast:
        return version >= term.version;
      case Operator::kAbove:
        return version > term.version;
      case Operator::kAtMost:
        return version <= term.version;
      case Operator::kBelow:
        return version < term.version;
      case Operator::kEqual:
        return version == term.version;
    }
    return false;
  });
}

}  // namespace forge::plugin
