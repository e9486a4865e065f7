#include "host/bench/trace.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace forge::bench {

std::string chrome_trace(const std::vector<TracedStep>& steps) {
  using Json = nlohmann::ordered_json;
  Json events = Json::array();
  double now = 0;  // microseconds
  for (const TracedStep& step : steps) {
    const double start = now;
    Json nodes = Json::array();
    for (const graph::Counter& counter : step.counters) {
      const double duration = static_cast<double>(counter.nanoseconds) * 1e-3;
      const auto ns = static_cast<double>(std::max<std::uint64_t>(1, counter.nanoseconds));
      nodes.push_back({{"name", counter.name},
                       {"cat", counter.pack},
                       {"ph", "X"},
                       {"ts", now},
                       {"dur", duration},
                       {"pid", 1},
                       {"tid", 2},
                       {"args",
                        {{"kernel", counter.kernel},
                         {"rows", counter.rows},
                         {"GB/s", static_cast<double>(counter.bytes) / ns},
                         {"GOP/s", static_cast<double>(counter.operations) / ns}}}});
      now += duration;
    }
    events.push_back({{"name", step.name},
                      {"cat", "step"},
                      {"ph", "X"},
                      {"ts", start},
                      {"dur", now - start},
                      {"pid", 1},
                      {"tid", 1}});
    for (Json& node : nodes) events.push_back(std::move(node));
    now += 100;  // a gap between steps, to tell them apart
  }
  return Json{{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}}.dump();
}

}  // namespace forge::bench
