#include "plugins/hip/runtime/support.hpp"

#include "core/graph/graph.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::hip {
namespace {

Status check_last(const graph::Graph& graph) {
  const graph::GraphView view(graph);
  return check_node(sdk::NodeView(*view.get(), view.get()->n_nodes - 1));
}

Status check_attention(std::uint32_t dk, std::uint32_t dv, std::uint32_t type_k,
                       std::uint32_t type_v) {
  test::GraphMaker g;
  g.attention(g.value(2 * dk), g.value(dk), g.value(dv), 2, 1);
  g.graph.states[0].type_k = type_k;
  g.graph.states[0].type_v = type_v;
  return check_last(g.graph);
}

TEST_CASE("hip support: attention") {
  CHECK(check_attention(128, 128, FORGE_TYPE_F16, FORGE_TYPE_F16).ok());
  CHECK(check_attention(128, 64, FORGE_TYPE_Q8_0, FORGE_TYPE_Q8_0).ok());
  CHECK(check_attention(48, 80, FORGE_TYPE_F16, FORGE_TYPE_F16).ok());
  struct Refused {
    std::uint32_t dk, dv, k, v;
    const char* because;
  };
  for (const Refused& r :
       {Refused{128, 112, FORGE_TYPE_F16, FORGE_TYPE_F16, "value heads"},
        Refused{72, 64, FORGE_TYPE_F16, FORGE_TYPE_F16, "key heads"},
        Refused{272, 64, FORGE_TYPE_F16, FORGE_TYPE_F16, "key heads"},
        Refused{64, 64, FORGE_TYPE_F32, FORGE_TYPE_F16, "keys in F16 and Q8_0, not F32"},
        Refused{64, 64, FORGE_TYPE_F16, FORGE_TYPE_Q4_0, "values in F16 and Q8_0, not Q4_0"},
        Refused{48, 64, FORGE_TYPE_Q8_0, FORGE_TYPE_F16, "a multiple of 32"},
        Refused{64, 80, FORGE_TYPE_F16, FORGE_TYPE_Q8_0, "a multiple of 32"}}) {
    const Status status = check_attention(r.dk, r.dv, r.k, r.v);
    INFO(r.dk << "/" << r.dv << ": " << status.message());
    CHECK(status.code() == Code::kUnimplemented);
    CHECK(status.message().find(r.because) != std::string::npos);
  }
}

Status check_linear(std::uint32_t type, std::uint32_t n_in) {
  test::GraphMaker g;
  const std::uint32_t w = g.weight("w", {n_in, 3});
  g.graph.weights[w].type = type;
  g.linear(g.value(n_in), w);
  return check_last(g.graph);
}

TEST_CASE("hip support: linear") {
  CHECK(check_linear(FORGE_TYPE_Q4_K, 512).ok());
  CHECK(check_linear(FORGE_TYPE_Q4_0, 96).ok());
  CHECK(check_linear(FORGE_TYPE_F32, 7).ok());
  CHECK(check_linear(FORGE_TYPE_IQ3_S, 256).message().find("IQ3_S") != std::string::npos);
  CHECK(check_linear(FORGE_TYPE_Q4_0, 40).message().find("multiple of 32") != std::string::npos);
  CHECK(check_linear(FORGE_TYPE_Q4_K, 288).message().find("multiple of 256") != std::string::npos);
}

// Gate and up [n_in, n_ff], down the other way round.
Status check_experts(std::uint32_t gate, std::uint32_t up, std::uint32_t down, std::uint32_t n_in,
                     std::uint32_t n_ff, std::uint32_t n_experts = 2, std::uint32_t n_used = 2) {
  test::GraphMaker g;
  const std::vector<std::uint32_t> weights = {g.weight("gate", {n_in, n_ff, n_experts}),
                                              g.weight("up", {n_in, n_ff, n_experts}),
                                              g.weight("down", {n_ff, n_in, n_experts})};
  g.graph.weights[weights[0]].type = gate;
  g.graph.weights[weights[1]].type = up;
  g.graph.weights[weights[2]].type = down;
  const forge_activation_params_v1 params = {sizeof(params), FORGE_ACT_SILU};
  g.node(FORGE_OP_MOE_EXPERTS,
         {g.value(n_in), g.value(n_used, FORGE_ROWS_TOKENS, FORGE_TYPE_I32), g.value(n_used)},
         {g.value(n_in)}, weights, params);
  return check_last(g.graph);
}

TEST_CASE("hip support: experts") {
  constexpr std::uint32_t kQ8 = FORGE_TYPE_Q8_0, kQ4K = FORGE_TYPE_Q4_K;
  CHECK(check_experts(kQ8, kQ8, kQ8, 32, 64).ok());
  CHECK(check_experts(kQ4K, kQ4K, kQ8, 256, 96).ok());
  CHECK(check_experts(kQ8, kQ8, kQ8, 32, 32, 1024, 64).ok());
  struct Refused {
    Status status;
    const char* because;
  };
  for (const Refused& r :
       {Refused{check_experts(kQ8, kQ8, FORGE_TYPE_F32, 32, 64), "experts' matmul for F32"},
        Refused{check_experts(kQ8, FORGE_TYPE_Q4_0, kQ8, 32, 64), "different types"},
        Refused{check_experts(kQ8, kQ8, kQ8, 32, 40), "multiple of 32"},
        Refused{check_experts(kQ8, kQ8, kQ4K, 256, 96), "multiple of 256"},
        Refused{check_experts(kQ8, kQ8, kQ8, 32, 32, 1025), "1024 experts"},
        Refused{check_experts(kQ8, kQ8, kQ8, 32, 32, 80, 65), "of a row"}}) {
    INFO(r.status.message());
    CHECK(r.status.code() == Code::kUnimplemented);
    CHECK(r.status.message().find(r.because) != std::string::npos);
  }
}

TEST_CASE("hip support: no recurrent state") {
  test::GraphMaker g;
  g.conv(g.value(8), g.weight("taps", {4, 8}));
  CHECK(check_last(g.graph).code() == Code::kUnimplemented);
}

}  // namespace
}  // namespace forge::hip
