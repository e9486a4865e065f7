#include "host/cli/bench_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "host/cli/progress.hpp"
#include "host/cli/version.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;
using bench::Measurement;
using bench::Test;
using Align = Table::Align;

std::uint64_t weight_bytes(const engine::Model& model) {
  std::uint64_t sum = 0;
  for (const forge_tensor_v1& weight : model.graph().weights) sum += weight.n_bytes;
  return sum;
}

// Bytes of weights that one step of an answer reads: all but the embedding table, unless that is
// the output matrix too.
std::uint64_t bytes_per_step(const engine::Model& model) {
  std::uint64_t sum = 0;
  bool has_output = false;
  std::uint64_t embedding = 0;
  for (const forge_tensor_v1& weight : model.graph().weights) {
    const std::string_view name(weight.name.data, weight.name.size);
    if (name == "output.weight") has_output = true;
    if (name == "token_embd.weight") embedding = weight.n_bytes;
    sum += weight.n_bytes;
  }
  return has_output ? sum - embedding : sum;
}

std::string rate(double tokens_per_second) {
  return fmt::format("{:.{}f}", tokens_per_second, tokens_per_second < 100 ? 2 : 1);
}

// Counters of the same kernel together, the one that took longest first.
struct KernelSum {
  std::string kernel;
  std::uint64_t calls = 0, nanoseconds = 0, bytes = 0, operations = 0;

  double ns() const { return std::max(1.0, static_cast<double>(nanoseconds)); }
};

std::vector<KernelSum> by_kernel(const std::vector<graph::Counter>& counters) {
  std::map<std::string, KernelSum> sums;
  for (const graph::Counter& counter : counters) {
    KernelSum& sum = sums[counter.kernel];
    sum.kernel = counter.kernel;
    sum.calls += counter.calls;
    sum.nanoseconds += counter.nanoseconds;
    sum.bytes += counter.bytes;
    sum.operations += counter.operations;
  }
  std::vector<KernelSum> sorted;
  for (auto& [name, sum] : sums) sorted.push_back(std::move(sum));
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.nanoseconds > b.nanoseconds; });
  return sorted;
}

double total_ns(const std::vector<KernelSum>& sums) {
  double total = 0;
  for (const KernelSum& sum : sums) total += static_cast<double>(sum.nanoseconds);
  return std::max(1.0, total);
}

std::string percent(double part) { return fmt::format("{:.1f} %", 100 * part); }
std::string one_digit(double value) { return fmt::format("{:.1f}", value); }

// Kernels that take 8-bit activations are named so (docs/naming.md), and those that take BF16; of
// the packs for GPUs all products with quantized weights take 8 bits.
double peak_of(const std::string& kernel, const forge_limits_v1& limits) {
  const bool int8 = kernel.find("_a8_") != kernel.npos || kernel.starts_with("gemv_") ||
                    kernel.starts_with("experts_");
  if (int8) return limits.int8_macs;
  const bool bf16 = limits.bf16_macs != 0 && kernel.find("_bf16_bf16_") != kernel.npos;
  return bf16 ? limits.bf16_macs : limits.f32_macs;
}

// "f16", or "q8_0/f16" for keys and values of different types.
std::string kv_types(const BenchRun& run) {
  return run.k_type == run.v_type ? run.k_type : run.k_type + "/" + run.v_type;
}

Json json_of(const Measurement& m) {
  return {{"test", m.test.name()},
          {"kind", m.test.kind == Test::Kind::kPrompt ? "pp" : "tg"},
          {"n_tokens", m.test.n_tokens},
          {"n_sequences", m.test.n_sequences},
          {"depth", m.test.depth}};
}

void add_rates(Json& json, const Measurement& m) {
  if (m.rates.empty()) return;
  json["median"] = m.median();
  json["slowest"] = m.slowest();
  json["fastest"] = m.fastest();
  json["rates"] = m.rates;
}

}  // namespace

Table bench_results(const engine::Model& model, const std::vector<BenchRun>& runs) {
  Table table({{"model"},
               {"size", Align::kRight},
               {"pack"},
               {"KV"},
               {"threads", Align::kRight},
               {"test"},
               {"tok/s", Align::kRight},
               {"range", Align::kRight},
               {"spread", Align::kRight},
               {"weights GB/s", Align::kRight}});
  for (const BenchRun& run : runs) {
    for (const Measurement& m : run.measurements) {
      const double steps = m.median() / m.test.n_sequences;
      table.add_row(
          {model.name(), format_bytes(weight_bytes(model)), run.pack, kv_types(run),
           std::to_string(run.threads), m.test.name(), rate(m.median()),
           rate(m.slowest()) + " - " + rate(m.fastest()), fmt::format("{:.1f} %", m.spread() * 100),
           m.test.kind == Test::Kind::kAnswer
               ? fmt::format("{:.1f}", steps * static_cast<double>(bytes_per_step(model)) * 1e-9)
               : ""});
    }
  }
  return table;
}

Table bench_comparison(const engine::Model& model, const std::vector<BenchRun>& runs,
                       const std::vector<bench::Peer>& peers) {
  std::vector<Table::Column> columns = {
      {"model"}, {"threads", Align::kRight}, {"test"}, {"rocmforge tok/s", Align::kRight}};
  std::vector<std::string> headings;
  for (const bench::Peer& peer : peers) headings.push_back(peer.name + " tok/s");
  for (const std::string& heading : headings) columns.push_back({heading, Align::kRight});
  columns.push_back({"ratio", Align::kRight});
  Table table(columns);
  for (const BenchRun& run : runs) {
    for (std::size_t t = 0; t < run.measurements.size(); ++t) {
      const Measurement& own = run.measurements[t];
      std::vector<std::string> row = {model.name(), std::to_string(run.threads), own.test.name(),
                                      rate(own.median())};
      double best = 0;
      for (const auto& peer : run.of_peers) {
        row.push_back(peer[t].rates.empty() ? "-" : rate(peer[t].median()));
        if (!peer[t].rates.empty()) best = std::max(best, peer[t].median());
      }
      row.push_back(best == 0 ? "-" : fmt::format("{:.2f}", own.median() / best));
      table.add_row(std::move(row));
    }
  }
  return table;
}

Table bench_profile(const BenchRun& run) {
  Table table({{"kernel"},
               {"calls", Align::kRight},
               {"ms", Align::kRight},
               {"share", Align::kRight},
               {"GB/s", Align::kRight},
               {"GOP/s", Align::kRight}});
  const std::vector<KernelSum> sums = by_kernel(run.counters);
  for (const KernelSum& sum : sums) {
    table.add_row({sum.kernel, std::to_string(sum.calls), one_digit(sum.ns() * 1e-6),
                   percent(sum.ns() / total_ns(sums)),
                   one_digit(static_cast<double>(sum.bytes) / sum.ns()),
                   one_digit(static_cast<double>(sum.operations) / sum.ns())});
  }
  return table;
}

Table bench_roofline(const BenchRun& run) {
  Table table({{"test"},
               {"kernel"},
               {"ms", Align::kRight},
               {"share", Align::kRight},
               {"GB/s", Align::kRight},
               {"of memory", Align::kRight},
               {"GMAC/s", Align::kRight},
               {"of peak", Align::kRight},
               {"of the limit", Align::kRight}});
  for (const bench::TracedStep& step : run.traced) {
    const std::vector<KernelSum> sums = by_kernel(step.counters);
    for (const KernelSum& sum : sums) {
      const auto bytes = static_cast<double>(sum.bytes);
      const auto macs = static_cast<double>(sum.operations);
      const double seconds = sum.ns() * 1e-9;
      const double memory = bytes / seconds / run.limits.read_bytes;
      const double peak = macs / seconds / peak_of(sum.kernel, run.limits);
      const bool counted = bytes > 0 || macs > 0;
      table.add_row(
          {step.name, sum.kernel, fmt::format("{:.3f}", seconds * 1e3),
           percent(sum.ns() / total_ns(sums)), counted ? one_digit(bytes / seconds * 1e-9) : "",
           counted ? percent(memory) : "", counted ? one_digit(macs / seconds * 1e-9) : "",
           counted ? percent(peak) : "", counted ? percent(std::max(memory, peak)) : ""});
    }
  }
  return table;
}

Table bench_launches(const engine::Model& model, const BenchRun& run) {
  Table table({{"one step of"},
               {"launches", Align::kRight},
               {"a layer", Align::kRight},
               {"beside the layers", Align::kRight}});
  for (const bench::TracedStep& step : run.traced) {
    std::uint64_t in_layers = 0;
    std::uint64_t others = 0;
    for (const graph::Counter& counter : step.counters) {
      // Nodes of a layer have the names of its weights.
      (counter.name.starts_with("blk.") ? in_layers : others) += counter.calls;
    }
    table.add_row({step.name, std::to_string(in_layers + others),
                   one_digit(static_cast<double>(in_layers) / model.info().n_layers),
                   std::to_string(others)});
  }
  return table;
}

std::string bench_json(const engine::Model& model, const std::vector<BenchRun>& runs,
                       const std::vector<bench::Peer>& peers, const std::string& cpu) {
  Json results = Json::array();
  for (const BenchRun& run : runs) {
    for (std::size_t t = 0; t < run.measurements.size(); ++t) {
      Json result = json_of(run.measurements[t]);
      result["pack"] = run.pack;
      result["threads"] = run.threads;
      add_rates(result, run.measurements[t]);
      for (std::size_t p = 0; p < peers.size(); ++p) {
        Json peer = {{"name", peers[p].name}};
        add_rates(peer, run.of_peers[p][t]);
        result["peers"].push_back(std::move(peer));
      }
      results.push_back(std::move(result));
    }
  }
  return Json{{"version", version()},
              {"cpu", cpu},
              {"model", model.name()},
              {"architecture", model.architecture()},
              {"weight_bytes", weight_bytes(model)},
              {"bytes_per_step", bytes_per_step(model)},
              {"k_type", runs.front().k_type},
              {"v_type", runs.front().v_type},
              {"results", std::move(results)}}
      .dump(2);
}

}  // namespace forge::cli
