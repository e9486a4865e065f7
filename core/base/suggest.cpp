#include "core/base/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace forge {
namespace {

// Longer names are compared with nothing: they are not typing errors of ours, and hostile input
// must not cost quadratic time.
constexpr std::size_t kLongestName = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The name in lower case and without its separators, so that "top-k", "TOP_K" and "topk" agree.
std::string squeezed(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != '.') out.push_back(lower(c));
  }
  return out;
}

// 0: the same but for case and separators. 1: `wrong` is its beginning. Then 1 + edits.
// npos: not near.
std::size_t rank(std::string_view wrong, std::string_view candidate) {
  const std::string a = squeezed(wrong);
  const std::string b = squeezed(candidate);
  if (a.empty() || b.empty()) return std::string::npos;
  if (a == b) return 0;
  if (a.size() >= 3 && b.starts_with(a)) return 1;
  const std::size_t distance = edit_distance(a, b);
  return 3 * distance <= std::max<std::size_t>(std::max(a.size(), b.size()), 3) ? 1 + distance
                                                                                : std::string::npos;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows i-2, i-1 and i of the table of distances between prefixes.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string nearest(std::string_view wrong, std::span<const std::string_view> valid) {
  if (wrong.size() > kLongestName) return {};
  std::string_view best;
  std::size_t best_rank = std::string::npos;
  for (const std::string_view candidate : valid) {
    if (candidate.size() > kLongestName) continue;
    const std::size_t r = rank(wrong, candidate);
    if (r < best_rank) {
      best = candidate;
      best_rank = r;
    }
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> valid) {
  const std::string name = nearest(wrong, valid);
  return name.empty() ? std::string() : "; did you mean '" + name + "'?";
}

}  // namespace forge
