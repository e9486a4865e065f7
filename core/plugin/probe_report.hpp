// core/plugin/probe_report.hpp: what the probe program tells, and what its end means.
//
// The report is lines of text: "stage NAME" before each stage, then "result CODE" with the sentence
// behind it to the end. A probe that ends without a result was ended by the plugin.
#ifndef FORGE_CORE_PLUGIN_PROBE_REPORT_HPP_
#define FORGE_CORE_PLUGIN_PROBE_REPORT_HPP_

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/child_process.hpp"
#include "core/plugin/instance.hpp"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

std::string report_stage(Stage stage);
std::string report_result(const Status& status);

// "; it printed: '...'" with the last line of what a child printed, or nothing.
std::string last_words(std::string_view output);
// "1.5 s"
std::string seconds(std::chrono::milliseconds time);

// Ok when the probe reported success and exited normally. Otherwise a sentence with the stage: what
// the plugin said, "crashed (SIGSEGV) in initialize()", "called exit(1) in ...", "did not come back
// from ... within 10 s". Its last printed line is added where there is one.
Status judge_probe(const ChildEnd& end, std::chrono::milliseconds limit);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_PROBE_REPORT_HPP_
