#include "host/bench/peer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/child_process.hpp"
#include "core/base/quote.hpp"

namespace forge::bench {
namespace {

using Json = nlohmann::json;

// For the shell: in single quotes, each of which inside becomes '\''.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// "128,512", or "0" for none.
std::string lengths(const std::vector<Test>& tests, Test::Kind kind) {
  std::set<std::uint32_t> all;
  for (const Test& test : tests) {
    if (test.kind == kind && test.n_sequences == 1) all.insert(test.n_tokens);
  }
  return all.empty() ? "0" : fmt::format("{}", fmt::join(all, ","));
}

std::string command_line(const Peer& peer, const std::string& model_file, std::uint32_t n_threads,
                         const std::vector<Test>& tests, std::uint32_t n_repetitions) {
  std::set<std::uint32_t> depths;
  for (const Test& test : tests) depths.insert(test.depth);
  std::string line = fmt::format(
      "{} -m {} -t {} -p {} -n {} -r {} -o json", peer.command, shell_quoted(model_file), n_threads,
      lengths(tests, Test::Kind::kPrompt), lengths(tests, Test::Kind::kAnswer), n_repetitions);
  // Not every version has -d.
  if (depths != std::set<std::uint32_t>{0}) line += fmt::format(" -d {}", fmt::join(depths, ","));
  return line + fmt::format(" >&{}", kReportDescriptor);
}

// A member that is not there counts as 0; one that is no number equals none.
bool has_number(const Json& record, const char* name, std::uint32_t number) {
  const auto member = record.find(name);
  return member == record.end() ? number == 0 : member->is_number() && *member == number;
}

bool is_record_of(const Json& record, const Test& test) {
  const bool prompt = test.kind == Test::Kind::kPrompt;
  return has_number(record, "n_prompt", prompt ? test.n_tokens : 0) &&
         has_number(record, "n_gen", prompt ? 0 : test.n_tokens) &&
         has_number(record, "n_depth", test.depth);
}

}  // namespace

Result<Peer> Peer::parse(std::string_view text) {
  const std::size_t first_space = text.find(' ');
  const std::size_t equals = text.find('=');
  Peer peer;
  if (equals != text.npos && equals < first_space) {
    peer.name = text.substr(0, equals);
    peer.command = text.substr(equals + 1);
  } else {
    peer.command = text;
    const std::string_view program = text.substr(0, first_space);
    peer.name = program.substr(program.find_last_of('/') + 1);
  }
  if (peer.name.empty() || peer.command.empty())
    return invalid_argument("--compare takes NAME=COMMAND or a command, not " +
                            quote(std::string(text)));
  return peer;
}

Result<std::vector<Measurement>> parse_peer_report(std::string_view json,
                                                   const std::vector<Test>& tests) {
  const Json report = Json::parse(json, nullptr, false);
  if (!report.is_array())
    return invalid_argument("it did not print the JSON of llama-bench (-o json)");
  std::vector<Measurement> measured;
  for (const Test& test : tests) {
    Measurement m = {test, {}};
    for (const Json& record : report) {
      if (test.n_sequences != 1 || !record.is_object() || !is_record_of(record, test)) continue;
      const auto samples = record.find("samples_ts");
      if (samples == record.end() || !samples->is_array())
        return invalid_argument("its JSON has no samples_ts for " + test.name());
      for (const Json& rate : *samples) {
        if (!rate.is_number() || rate.get<double>() <= 0)
          return invalid_argument("its JSON has a rate that is no number for " + test.name());
        m.rates.push_back(rate.get<double>());
      }
    }
    if (test.n_sequences == 1 && m.rates.empty())
      return invalid_argument("its JSON has no record of " + test.name());
    measured.push_back(std::move(m));
  }
  return measured;
}

Result<std::vector<Measurement>> measure_peer(const Peer& peer, const std::string& model_file,
                                              std::uint32_t n_threads,
                                              const std::vector<Test>& tests,
                                              std::uint32_t n_repetitions) {
  ChildOptions child;
  child.program = "/bin/sh";
  child.arguments = {"-c", command_line(peer, model_file, n_threads, tests, n_repetitions)};
  child.limit = std::chrono::hours(1);
  child.max_report = std::size_t{16} << 20;
  FORGE_ASSIGN(const ChildEnd end, run_child(child));
  const auto failed = [&](const std::string& why) {
    return failed_precondition(fmt::format("{} ({}): {}{}", peer.name, child.arguments[1], why,
                                           end.output.empty() ? "" : "\n" + end.output));
  };
  if (end.ending == Ending::kSignalled) return failed("it died of " + signal_name(end.code));
  if (end.ending != Ending::kExited) return failed("it did not end within an hour");
  if (end.code != 0) return failed(fmt::format("it ended with status {}", end.code));
  Result<std::vector<Measurement>> measured = parse_peer_report(end.report, tests);
  if (!measured.ok()) return failed(measured.status().message());
  return measured;
}

}  // namespace forge::bench
