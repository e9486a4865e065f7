#include "core/conformance/suite.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/base/guard.hpp"
#include "core/base/suggest.hpp"
#include "core/conformance/cases.hpp"
#include "core/conformance/runner.hpp"
#include "core/conformance/schedule.hpp"

namespace forge::conformance {
namespace {

constexpr std::size_t kFailuresKept = 5;

// Calls visit(output, row) for every row the outputs have.
template <class Visit>
void for_each_row(const Case& c, const Outputs& outputs, Visit&& visit) {
  for (std::uint32_t o = 0; o < c.graph.outputs.size(); ++o) {
    for (std::uint32_t s = 0; s < c.lengths.size(); ++s) {
      for (std::uint32_t p = 0; p < c.lengths[s]; ++p) {
        if (outputs.has(o, {s, p})) visit(o, RowId{s, p});
      }
    }
  }
}

std::string where(const Case& c, std::uint32_t output, RowId id, std::size_t element) {
  const std::string which =
      c.graph.outputs.size() > 1 ? fmt::format("output {}, ", output) : std::string();
  return fmt::format("{}row {} of sequence {}, element {}", which, id.position, id.sequence,
                     element);
}

bool is_integer(const Case& c, std::uint32_t output) {
  return c.graph.values[c.graph.outputs[output]].type == FORGE_TYPE_I32;
}

std::int32_t as_integer(float bits) { return std::bit_cast<std::int32_t>(bits); }

bool same_bits(float a, float b) { return as_integer(a) == as_integer(b); }

// What went into a row.
struct Inputs {
  Inputs(const Case& c, RowId id, graph::PromptType prompts) : view{id, {}, prompts} {
    for (std::uint32_t i = 0; i < c.graph.inputs.size(); ++i) {
      values.emplace_back(c.graph.values[c.graph.inputs[i]].width);
      c.fill(i, id, values.back());
    }
    for (const std::vector<float>& v : values) view.inputs.emplace_back(v);
  }
  std::vector<std::vector<float>> values;
  RowView view;
};

// One pack's part in one case.
class Trial {
 public:
  Trial(const graph::PackDevice& one, const graph::PackDevice& many,
        const graph::PackDevice& reference, const Case& c, const SuiteOptions& options)
      : one_(one), many_(many), reference_(reference), case_(c), options_(options) {}

  // Ok, or what is wrong. kInternal: the reference failed.
  Status run(double& worst) {
    const Schedule whole = all_at_once(case_);
    auto expected = conformance::run(reference_, case_, whole);
    if (!expected.ok())
      return internal_error("the reference executor failed: " + expected.status().message());
    auto got = conformance::run(one_, case_, whole);
    if (!got.ok()) return failed("all rows in one batch", got.status());
    FORGE_TRY(compare(*expected, *got, worst));
    if (options_.prompts != graph::PromptType::kInt8 && case_.op == FORGE_OP_LINEAR) return {};
    FORGE_TRY(same(*got, many_, whole, "on several threads"));
    FORGE_TRY(same(*got, one_, row_by_row(case_), "row by row"));
    const Schedule parts = mixed(case_, options_.seed);
    FORGE_TRY(same(*got, one_, parts, "in mixed batches"));
    return same(*got, many_, parts, "in mixed batches on several threads");
  }

 private:
  static Status failed(std::string_view way, const Status& status) {
    return data_loss(fmt::format("{}: {}", way, status.message()));
  }

  Status compare(const Outputs& expected, const Outputs& got, double& worst) const {
    std::string wrong;
    double worst_here = 0;
    for_each_row(case_, expected, [&](std::uint32_t o, RowId id) {
      const std::span<const float> e = expected.row(o, id);
      const std::span<const float> g = got.row(o, id);
      std::vector<double> tolerance(e.size(), 0.0);
      const bool integer = is_integer(case_, o);
      if (!integer && case_.tolerate) {
        const Inputs inputs(case_, id, options_.prompts);
        case_.tolerate(inputs.view, o, e, tolerance);
      }
      for (std::size_t i = 0; i < e.size(); ++i) {
        const double ratio = error_ratio(e[i], g[i], tolerance[i], integer);
        if (ratio <= worst_here) continue;
        worst_here = ratio;
        if (ratio > 1)
          wrong = fmt::format(
              "{}: {}", where(case_, o, id, i),
              integer ? fmt::format("{} where {} is right", as_integer(g[i]), as_integer(e[i]))
                      : fmt::format("{} where {} is right (+-{:.2g})", g[i], e[i], tolerance[i]));
      }
    });
    worst = std::max(worst, worst_here);
    return wrong.empty() ? Status() : data_loss(wrong);
  }

  // The error in units of what is allowed; NaN is never right.
  static double error_ratio(float expected, float got, double tolerance, bool integer) {
    if (same_bits(expected, got) && (integer || !std::isnan(got))) return 0;
    constexpr double kHopeless = std::numeric_limits<double>::infinity();
    if (integer) return kHopeless;
    const double error = std::abs(double{got} - expected);
    if (error == 0) return 0;  // 0 and -0
    return error <= tolerance
               ? error / tolerance
               : (tolerance > 0 && std::isfinite(error) ? error / tolerance : kHopeless);
  }

  // The same bits in another way.
  Status same(const Outputs& first, const graph::PackDevice& device, const Schedule& schedule,
              const char* way) const {
    auto got = conformance::run(device, case_, schedule);
    if (!got.ok()) return failed(way, got.status());
    Status status;
    for_each_row(case_, *got, [&](std::uint32_t o, RowId id) {
      const std::span<const float> a = first.row(o, id);
      const std::span<const float> b = got->row(o, id);
      if (!status.ok() || std::equal(a.begin(), a.end(), b.begin(), same_bits)) return;
      std::size_t i = 0;
      while (same_bits(a[i], b[i])) ++i;
      status = data_loss(fmt::format("not the same bits {}: {}: {:.9g} in one batch, {:.9g} here",
                                     way, where(case_, o, id, i), a[i], b[i]));
    });
    return status;
  }

  const graph::PackDevice& one_;
  const graph::PackDevice& many_;
  const graph::PackDevice& reference_;
  const Case& case_;
  const SuiteOptions& options_;
};

Status supported(const graph::PackDevice& device, const Case& c) {
  for (const graph::Node& node : c.graph.nodes) FORGE_TRY(device.supports(c.graph, node));
  return {};
}

Result<std::vector<Group>> chosen_groups(const SuiteOptions& options) {
  std::vector<Group> groups;
  add_row_groups(groups);
  add_linear_groups(groups);
  add_sequence_groups(groups);
  add_moe_groups(groups);
  add_draw_groups(groups);
  std::vector<std::string> ops, types;
  for (const Group& group : groups) {
    ops.push_back(graph::op_name(group.op));
    types.push_back(group.type);
  }
  const auto check = [](const std::string& name, const std::vector<std::string>& known,
                        std::string_view what) -> Status {
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return {};
    const std::vector<std::string_view> views(known.begin(), known.end());
    return invalid_argument(fmt::format("the suite has no {} '{}'", what, name) +
                            did_you_mean(name, views));
  };
  FORGE_TRY(check(options.op, ops, "op"));
  FORGE_TRY(check(options.type, types, "type"));
  std::erase_if(groups, [&](const Group& group) {
    return (!options.op.empty() && graph::op_name(group.op) != options.op) ||
           (!options.type.empty() && group.type != options.type);
  });
  if (groups.empty())
    return invalid_argument(fmt::format("'{}' has no cases with '{}'", options.op, options.type));
  return groups;
}

}  // namespace

namespace {

Result<Report> run_groups(const graph::PackDevice& one, const graph::PackDevice& many,
                          const SuiteOptions& options) {
  FORGE_ASSIGN(const auto reference, graph::open_reference_device());
  FORGE_ASSIGN(const std::vector<Group> groups, chosen_groups(options));
  Report report;
  for (const Group& group : groups) {
    Line line;
    line.op = graph::op_name(group.op);
    line.type = group.type;
    const Status made = group.make(options.seed, [&](const Case& c) -> Status {
      const Status support = supported(one, c);
      if (!support.ok()) {
        if (line.n_unsupported++ == 0) line.reason = support.message();
        return {};
      }
      Status status = Trial(one, many, *reference, c, options).run(line.worst);
      if (status.code() == Code::kInternal) return status;
      ++(status.ok() ? line.n_ok : line.n_failed);
      if (!status.ok() && line.failures.size() < kFailuresKept)
        line.failures.push_back({c.shape, status.message()});
      return {};
    });
    if (made.code() == Code::kUnimplemented) {
      ++line.n_unsupported;
      line.reason = made.message();
    } else {
      FORGE_TRY(Status(made));
    }
    report.lines.push_back(std::move(line));
    if (options.progress && !options.progress(report.lines.size(), groups.size()))
      return cancelled("the suite was stopped");
  }
  return report;
}

}  // namespace

Result<Report> run_suite(const graph::PackDevice& one, const graph::PackDevice& many,
                         const SuiteOptions& options) {
  return guarded([&] { return run_groups(one, many, options); });
}

}  // namespace forge::conformance
