// The suite itself: a pack that is right passes, and packs that are each wrong in one way do not.
#include "core/conformance/suite.hpp"

#include <cstring>
#include <functional>
#include <string_view>

#include "core/codec/host_codecs.hpp"
#include "core/graph/reference/pack.hpp"
#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"
#include "tests/catch.hpp"

namespace forge::conformance {
namespace {

// What a flawed pack does around the reference executor's work.
struct Flaw {
  std::function<void(const forge_graph_v1&, const forge_batch_v1&)> after_execute;
  std::function<Status(const forge_graph_v1&, const sdk::NodeView&)> supported;
  bool copies_blocks = true;
  bool zeroes_slots = true;
};

// The flaw of the pack under test; packs are plain records without a place for it.
Flaw* g_flaw = nullptr;

const forge_plugin_kernel_pack_v1& reference() { return graph::reference_pack(); }

struct FlawedPlan {
  const forge_graph_v1* graph;
  forge_pack_plan* plan;
};

forge_pack_plan* inner(forge_pack_plan* p) { return reinterpret_cast<FlawedPlan*>(p)->plan; }

// The reference executor's record with a few slots of our own.
const forge_plugin_kernel_pack_v1& flawed_pack() {
  static const forge_plugin_kernel_pack_v1 record = [] {
    forge_plugin_kernel_pack_v1 r = reference();
    r.node_supported = [](forge_pack_device* d, const forge_graph_v1* graph, std::uint32_t node,
                          forge_message* message) -> forge_status {
      if (g_flaw->supported) {
        const Status status = g_flaw->supported(*graph, sdk::NodeView(*graph, node));
        if (!status.ok()) return sdk::report(status, message);
      }
      return reference().node_supported(d, graph, node, message);
    };
    r.plan_compile = [](forge_pack_device* d, const forge_graph_v1* graph,
                        const forge_plan_options_v1* options, const forge_progress_v1* progress,
                        forge_pack_plan** out, forge_message* message) {
      forge_pack_plan* plan = nullptr;
      const forge_status status =
          reference().plan_compile(d, graph, options, progress, &plan, message);
      if (status == FORGE_OK)
        *out = reinterpret_cast<forge_pack_plan*>(new FlawedPlan{graph, plan});
      return status;
    };
    r.plan_destroy = [](forge_pack_plan* p) {
      reference().plan_destroy(inner(p));
      delete reinterpret_cast<FlawedPlan*>(p);
    };
    r.state_create = [](forge_pack_plan* p, std::uint32_t blocks, std::uint32_t slots,
                        forge_pack_state** out, forge_message* message) {
      return reference().state_create(inner(p), blocks, slots, out, message);
    };
    r.state_copy_blocks = [](forge_pack_state* s, const std::uint32_t* src,
                             const std::uint32_t* dst, std::uint32_t n, forge_message* message) {
      return g_flaw->copies_blocks ? reference().state_copy_blocks(s, src, dst, n, message)
                                   : forge_status{FORGE_OK};
    };
    r.state_copy_slots = [](forge_pack_state* s, const std::uint32_t* src, const std::uint32_t* dst,
                            std::uint32_t n, forge_message* message) {
      return g_flaw->zeroes_slots || src[0] != FORGE_NONE
                 ? reference().state_copy_slots(s, src, dst, n, message)
                 : forge_status{FORGE_OK};
    };
    r.execute = [](forge_pack_plan* p, forge_pack_state* state, const forge_batch_v1* batch,
                   forge_message* message) {
      const auto& plan = *reinterpret_cast<FlawedPlan*>(p);
      const forge_status status = reference().execute(plan.plan, state, batch, message);
      if (status == FORGE_OK && g_flaw->after_execute) g_flaw->after_execute(*plan.graph, *batch);
      return status;
    };
    r.visit_counters = [](forge_pack_plan*, void (*)(void*, const forge_counter_v1*), void*) {};
    r.reset_counters = [](forge_pack_plan*) {};
    return r;
  }();
  return record;
}

Report report_of(Flaw& flaw, const SuiteOptions& options = {}) {
  static_cast<void>(process_codecs());
  g_flaw = &flaw;
  const auto device = graph::PackDevice::open("flawed", flawed_pack(), {});
  REQUIRE(device.ok());
  const auto report = run_suite(**device, **device, options);
  INFO(report.status().message());
  REQUIRE(report.ok());
  return *report;
}

SuiteOptions only(std::string op, std::string type = "f32") {
  SuiteOptions options;
  options.op = std::move(op);
  options.type = std::move(type);
  return options;
}

// Calls change(first row of the output, width) on every output of a batch that has rows and is f32,
// or the only one.
template <class Change>
auto on_outputs(Change change) {
  return [change](const forge_graph_v1& graph, const forge_batch_v1& batch) {
    for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
      const forge_buffer_v1& buffer = *batch.buffers[b];
      const forge_value_v1& value = *graph.values[buffer.value];
      const bool is_output = std::find(graph.outputs, graph.outputs + graph.n_outputs,
                                       buffer.value) != graph.outputs + graph.n_outputs;
      const bool touched = value.type == FORGE_TYPE_F32 || graph.n_outputs == 1;
      if (is_output && touched && buffer.n_bytes != 0)
        change(static_cast<float*>(buffer.data), value.width, batch);
    }
  };
}

TEST_CASE("conformance: the reference executor passes everything", "[conformance]") {
  // The longest of all tests under sanitizers, where the packs' own runs of the suite have the
  // reference do the same.
  if (std::string_view(FORGE_SANITIZER) != "") return;
  Flaw none;
  const Report report = report_of(none);
  for (const Line& line : report.lines) {
    INFO(line.op << " " << line.type
                 << (line.failures.empty() ? "" : ": " + line.failures[0].what));
    CHECK(line.n_failed == 0);
    CHECK(line.n_unsupported == 0);
    CHECK(line.n_ok > 0);
    CHECK(line.worst == 0);
  }
  // Every op is there.
  for (std::uint32_t op = FORGE_OP_EMBED; op <= FORGE_OP_DRAW; ++op) {
    INFO(graph::op_name(op));
    CHECK(std::any_of(report.lines.begin(), report.lines.end(),
                      [&](const Line& line) { return line.op == graph::op_name(op); }));
  }
}

TEST_CASE("conformance: a small error everywhere is found in every op", "[conformance]") {
  Flaw flaw;
  flaw.after_execute = on_outputs([](float* y, std::uint32_t width, const forge_batch_v1& batch) {
    // One part in a hundred of the last element of the first row.
    static_cast<void>(batch);
    y[width - 1] += 0.01f + 0.01f * std::abs(y[width - 1]);
  });
  for (std::uint32_t op = FORGE_OP_EMBED; op <= FORGE_OP_DRAW; ++op) {
    const Report report = report_of(flaw, only(graph::op_name(op)));
    INFO(graph::op_name(op));
    CHECK(report.n_ok() == 0);
    CHECK(report.n_failed() > 0);
    CHECK(report.lines[0].worst > 1);
    CHECK(report.lines[0].failures[0].what.find("is right") != std::string::npos);
  }
}

TEST_CASE("conformance: NaN is never right", "[conformance]") {
  Flaw flaw;
  flaw.after_execute =
      on_outputs([](float* y, std::uint32_t, const forge_batch_v1&) { y[0] = std::nanf(""); });
  CHECK(report_of(flaw, only("linear")).n_ok() == 0);
  CHECK(report_of(flaw, only("binary")).n_ok() == 0);
}

TEST_CASE("conformance: a last bit that depends on the batch is found", "[conformance]") {
  Flaw flaw;
  flaw.after_execute = on_outputs([](float* y, std::uint32_t, const forge_batch_v1& batch) {
    if (batch.n_rows == 1) y[0] = std::nextafter(y[0], 1e30f);
  });
  const Report report = report_of(flaw, only("norm"));
  CHECK(report.n_failed() > 0);
  CHECK(report.lines[0].failures[0].what.find("not the same bits row by row") == 0);
}

TEST_CASE("conformance: copies of state that are not made are found", "[conformance]") {
  Flaw blocks;
  blocks.copies_blocks = false;
  CHECK(report_of(blocks, only("attention")).n_failed() > 0);
  Flaw slots;
  slots.zeroes_slots = false;
  CHECK(report_of(slots, only("short_conv")).n_ok() == 0);
  CHECK(report_of(slots, only("delta_rule")).n_ok() == 0);
}

TEST_CASE("conformance: what is not supported is told with the reason and no failure",
          "[conformance]") {
  Flaw flaw;
  flaw.supported = [](const forge_graph_v1&, const sdk::NodeView& node) -> Status {
    if (node.op() == FORGE_OP_LINEAR && node.n_inputs() == 2)
      return unimplemented("no residuals here");
    return {};
  };
  const Report report = report_of(flaw, only("linear"));
  CHECK(report.n_failed() == 0);
  CHECK(report.n_unsupported() > 0);
  CHECK(report.n_ok() > 0);
  CHECK(report.lines[0].reason == "no residuals here");
}

TEST_CASE("conformance: wrong names are refused with the nearest one", "[conformance]") {
  static_cast<void>(process_codecs());
  const auto device = graph::open_reference_device();
  REQUIRE(device.ok());
  const auto refused = [&](const SuiteOptions& options) {
    const auto report = run_suite(**device, **device, options);
    CHECK(report.code() == Code::kInvalidArgument);
    return report.status().message();
  };
  CHECK(refused(only("linaer", "")) == "the suite has no op 'linaer'; did you mean 'linear'?");
  CHECK(refused(only("", "q4k")).find("did you mean 'q4_k'?") != std::string::npos);
  CHECK(refused(only("rope", "q4_k")) == "'rope' has no cases with 'q4_k'");
}

TEST_CASE("conformance: stops when asked to", "[conformance]") {
  static_cast<void>(process_codecs());
  const auto device = graph::open_reference_device();
  REQUIRE(device.ok());
  SuiteOptions options;
  options.progress = [](std::size_t done, std::size_t) { return done < 2; };
  CHECK(run_suite(**device, **device, options).code() == Code::kCancelled);
}

}  // namespace
}  // namespace forge::conformance
