// core/text/jinja/limits.hpp: how much one template may cost.
//
// Templates come out of downloaded files. These bounds are far above what real ones need (a long
// conversation takes thousands of steps and some hundred kilobytes) and low enough that a hostile
// one ends in an error within seconds.
#ifndef FORGE_CORE_TEXT_JINJA_LIMITS_HPP_
#define FORGE_CORE_TEXT_JINJA_LIMITS_HPP_

#include <cstddef>
#include <cstdint>

namespace forge::jinja {

// Fixed bounds of the language.
inline constexpr std::size_t kMaxSourceBytes = std::size_t{4} << 20;
inline constexpr int kMaxStatementDepth = 64;      // blocks inside blocks
inline constexpr int kMaxExpressionDepth = 200;    // parentheses, operators and filters in a row
inline constexpr int kMaxExpressionHeight = 500;   // operators, filters or subscripts in a row
inline constexpr int kMaxValueDepth = 200;         // lists inside lists, when printed or compared
inline constexpr std::int64_t kMaxRange = 100000;  // items of range(), as in Jinja's sandbox

// Bounds of one rendering.
struct Limits {
  std::uint64_t steps = 50'000'000;           // expressions, statements and 64-byte units of work
  std::size_t memory = std::size_t{1} << 28;  // bytes of values made on the way
  std::size_t output = std::size_t{1} << 26;  // bytes of rendered text
  int depth = 1000;                           // expressions being evaluated inside one another
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_LIMITS_HPP_
