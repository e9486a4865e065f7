#include "tests/hipsim/faults.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "tests/hipsim/options.hpp"

namespace hipsim {
namespace {

constexpr struct {
  std::string_view name;
  Fault fault;
} kNames[] = {
    {"no_device", Fault::kNoDevice},
    {"permission", Fault::kPermission},
    {"old_rocm", Fault::kOldRocm},
    {"slow_start", Fault::kSlowStart},
    {"hang_init", Fault::kHangInit},
    {"hang_malloc", Fault::kHangMalloc},
    {"oom", Fault::kOom},
    {"no_stream", Fault::kNoStream},
    {"hang_kernel", Fault::kHangKernel},
    {"page_fault", Fault::kPageFault},
    {"page_fault_abort", Fault::kPageFaultAbort},
    {"lost", Fault::kLost},
    {"wrong_result", Fault::kWrongResult},
};

bool concerns_launches(Fault fault) { return fault >= Fault::kHangKernel; }

}  // namespace

Faults::Faults(std::string_view text) {
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = std::string_view(part).substr(0, equals);
    const auto* known = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const auto& row) { return row.name == name; });
    if (known == std::end(kNames)) give_up("FORGE_HIPSIM_FAULT: there is no '" + part + "'");
    Rule rule;
    rule.fault = known->fault;
    if (equals < part.size()) {
      const char* begin = part.data() + equals + 1;
      const char* end = part.data() + part.size();
      const auto [rest, error] = std::from_chars(begin, end, rule.count);
      if (error != std::errc{} || rest != end) {
        rule.count = 0;
        rule.name.assign(begin, end);
      }
    }
    rules_.push_back(std::move(rule));
  }
}

bool Faults::has(Fault fault) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.fault == fault; });
}

unsigned Faults::slow_start_seconds() const {
  for (const Rule& rule : rules_)
    if (rule.fault == Fault::kSlowStart)
      return rule.count == 0 ? 3U : static_cast<unsigned>(rule.count);
  return 0;
}

bool Faults::fails(Fault fault) {
  bool fails = false;
  for (Rule& rule : rules_)
    if (rule.fault == fault) fails |= ++rule.seen == std::max<std::uint64_t>(rule.count, 1);
  return fails;
}

Fault Faults::at_launch(std::string_view kernel) {
  Fault fault = Fault::kNone;
  for (Rule& rule : rules_) {
    if (!concerns_launches(rule.fault)) continue;
    if (!rule.name.empty() && rule.name != kernel) continue;
    ++rule.seen;
    const bool always = rule.fault == Fault::kWrongResult && rule.count == 0;
    if (always || rule.seen == std::max<std::uint64_t>(rule.count, 1)) fault = rule.fault;
  }
  return fault;
}

}  // namespace hipsim
