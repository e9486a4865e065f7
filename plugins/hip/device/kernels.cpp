// All kernels of the packs, by the names that args.hpp gives. Compiled by clang for each GPU, by
// nvcc, and by the host compiler for the simulator.
#include "plugins/hip/device/attention.hpp"
#include "plugins/hip/device/draw.hpp"
#include "plugins/hip/device/float_matmul.hpp"
#include "plugins/hip/device/fp8_gemm.hpp"
#include "plugins/hip/device/gemm.hpp"
#include "plugins/hip/device/gemv.hpp"
#include "plugins/hip/device/half_gemm.hpp"
#include "plugins/hip/device/heads.hpp"
#include "plugins/hip/device/moe.hpp"
#include "plugins/hip/device/peak.hpp"
#include "plugins/hip/device/probe.hpp"
#include "plugins/hip/device/rows.hpp"
#include "plugins/hip/device/skinny.hpp"
#include "plugins/hip/device/top_k.hpp"

namespace forge::hip {

FORGE_KERNEL(quantize, QuantizeArgs, 256) { device::quantize(a); }
FORGE_KERNEL(norm, NormArgs, 256) { device::norm(a); }
FORGE_KERNEL(norm_quantize, NormArgs, 256) { device::norm_quantize(a); }
FORGE_KERNEL(heads, HeadsArgs, 256) { device::heads(a); }
FORGE_KERNEL(gated, ElementArgs, 256) { device::gated(a); }
FORGE_KERNEL(unary, ElementArgs, 256) { device::unary(a); }
FORGE_KERNEL(binary, ElementArgs, 256) { device::binary(a); }
FORGE_KERNEL(select_rows, ElementArgs, 256) { device::select_rows(a); }
FORGE_KERNEL(top_k_parts, TopKArgs, 256) { device::top_k_parts(a); }
FORGE_KERNEL(top_k, TopKArgs, 256) { device::top_k(a); }
FORGE_KERNEL(draw_sums, DrawArgs, 256) { device::draw_sums(a); }
FORGE_KERNEL(draw, DrawArgs, kDrawThreads) { device::draw(a); }
FORGE_KERNEL(probe_add, ProbeAddArgs, 256) { device::probe_add(a); }
FORGE_KERNEL(probe_matrix, ProbeMatrixArgs, 32) { device::probe_matrix(a); }
FORGE_KERNEL(peak_read, PeakReadArgs, 256) { device::peak_read(a); }
FORGE_KERNEL(peak_int8, PeakArgs, 256) { device::peak_int8(a); }
FORGE_KERNEL(peak_f32, PeakArgs, 256) { device::peak_f32(a); }

#define FORGE_ATTENTION_KIND(name, dv, kind)                                          \
  FORGE_KERNEL(name##dv, AttentionArgs, attention_threads(dv, AttentionKind::kind)) { \
    device::attention<dv, AttentionKind::kind>(a);                                    \
  }
#define FORGE_ATTENTION_ROW(name, dv, kind, type)                                      \
  FORGE_KERNEL(name##dv, AttentionArgs, attention_threads(dv, AttentionKind::kind)) {  \
    device::attention<dv, AttentionKind::kind>(device::row_args<dv, KvType::type>(a)); \
  }
#define FORGE_ATTENTION(dv)                      \
  FORGE_ATTENTION_KIND(attention_, dv, kPlain)   \
  FORGE_ATTENTION_KIND(attention_any_, dv, kAny) \
  FORGE_ATTENTION_ROW(attention_row_, dv, kRow, kF16)
FORGE_ATTENTION(32)
FORGE_ATTENTION(64)
FORGE_ATTENTION(80)
FORGE_ATTENTION(96)
FORGE_ATTENTION(128)
FORGE_ATTENTION(256)
#define FORGE_ATTENTION_Q8(dv) FORGE_ATTENTION_ROW(attention_row_q8_, dv, kRowQ8, kQ8)
FORGE_ATTENTION_Q8(32)
FORGE_ATTENTION_Q8(64)
FORGE_ATTENTION_Q8(96)
FORGE_ATTENTION_Q8(128)
FORGE_ATTENTION_Q8(256)
FORGE_KERNEL(attention_merge, AttentionArgs, 256) { device::attention_merge(a); }

#define FORGE_FLOAT(name, type)                              \
  FORGE_KERNEL(float_##name, FloatMatmulArgs, 256) {         \
    device::float_matmul<device::FloatType::type, false>(a); \
  }                                                          \
  FORGE_KERNEL(float_gated_##name, FloatMatmulArgs, 256) {   \
    device::float_matmul<device::FloatType::type, true>(a);  \
  }
FORGE_FLOAT(f16, kF16)
FORGE_FLOAT(bf16, kBf16)
FORGE_FLOAT(f32, kF32)

#if FORGE_FP8_ROWS
FORGE_KERNEL(fp8_rows, Fp8RowsArgs, 256) { device::fp8_rows(a); }
#define FORGE_FP8_KERNEL(name, Args, threads, function) \
  FORGE_DENSE_KERNEL(name, Args, threads) { function(a); }
#else
#define FORGE_FP8_KERNEL(name, Args, threads, function)
#endif

#define FORGE_MATMUL(name, format)                                                                \
  FORGE_DENSE_KERNEL(gemv_##name, MatmulArgs, 256) { device::gemv<format, false, false>(a); }     \
  FORGE_STREAM_KERNEL(gemv_gated_##name, MatmulArgs, 256) {                                       \
    device::gemv<format, true, false>(a);                                                         \
  }                                                                                               \
  FORGE_STREAM_KERNEL(gemv_normed_##name, MatmulArgs, 256) {                                      \
    device::gemv<format, false, true>(a);                                                         \
  }                                                                                               \
  FORGE_STREAM_KERNEL(gemv_normed_gated_##name, MatmulArgs, 256) {                                \
    device::gemv<format, true, true>(a);                                                          \
  }                                                                                               \
  FORGE_KERNEL(skinny_##name, MatmulArgs, 256) { device::skinny<format, false>(a); }              \
  FORGE_KERNEL(skinny_gated_##name, MatmulArgs, 256) { device::skinny<format, true>(a); }         \
  FORGE_DENSE_KERNEL(gemm_##name, MatmulArgs, 256) { device::gemm<format, kGemmRows>(a); }        \
  FORGE_DENSE_KERNEL(gemm_low_##name, MatmulArgs, 256) { device::gemm<format, kGemmLowRows>(a); } \
  FORGE_DENSE_KERNEL(half_gemm_##name, MatmulArgs, 256) { device::half_gemm<format>(a); }         \
  FORGE_FP8_KERNEL(fp8_gemm_##name, MatmulArgs, 256, device::fp8_gemm<format>)
FORGE_MATMUL(q8_0, kQ8_0)
FORGE_MATMUL(q4_0, kQ4_0)
FORGE_MATMUL(q4_1, kQ4_1)
FORGE_MATMUL(q5_0, kQ5_0)
FORGE_MATMUL(q5_1, kQ5_1)
FORGE_MATMUL(q2_k, kQ2_K)
FORGE_MATMUL(q3_k, kQ3_K)
FORGE_MATMUL(q4_k, kQ4_K)
FORGE_MATMUL(q5_k, kQ5_K)
FORGE_MATMUL(q6_k, kQ6_K)
FORGE_MATMUL(iq4_nl, kIQ4_NL)
FORGE_MATMUL(iq4_xs, kIQ4_XS)
FORGE_MATMUL(mxfp4, kMXFP4)

// Types that files mix within one product: V has more bits than Q and K.
#define FORGE_MATMUL_PAIR(name, first, second)                                                     \
  FORGE_DENSE_KERNEL(gemv_##name, MatmulArgs, 256) { device::gemv_pair<first, second, false>(a); } \
  FORGE_STREAM_KERNEL(gemv_normed_##name, MatmulArgs, 256) {                                       \
    device::gemv_pair<first, second, true>(a);                                                     \
  }                                                                                                \
  FORGE_KERNEL(skinny_##name, MatmulArgs, 256) { device::skinny_pair<first, second>(a); }          \
  FORGE_DENSE_KERNEL(gemm_##name, MatmulArgs, 256) {                                               \
    device::gemm_pair<first, second, kGemmRows>(a);                                                \
  }                                                                                                \
  FORGE_DENSE_KERNEL(gemm_low_##name, MatmulArgs, 256) {                                           \
    device::gemm_pair<first, second, kGemmLowRows>(a);                                             \
  }                                                                                                \
  FORGE_DENSE_KERNEL(half_gemm_##name, MatmulArgs, 256) {                                          \
    device::half_gemm_pair<first, second>(a);                                                      \
  }                                                                                                \
  FORGE_FP8_KERNEL(fp8_gemm_##name, MatmulArgs, 256, (device::fp8_gemm_pair<first, second>))
FORGE_MATMUL_PAIR(q4_k_q6_k, kQ4_K, kQ6_K)
FORGE_MATMUL_PAIR(q5_k_q6_k, kQ5_K, kQ6_K)

FORGE_KERNEL(moe_router, RouterArgs, 32) { device::moe_router(a); }
FORGE_KERNEL(moe_group, GroupArgs, 256) { device::moe_group(a); }
FORGE_KERNEL(moe_gather, GatherArgs, 256) { device::moe_gather(a); }
FORGE_KERNEL(experts_sum, ExpertsSumArgs, 256) { device::experts_sum(a); }

#define FORGE_EXPERTS(name, format)                                                            \
  FORGE_STREAM_KERNEL(experts_##name, ExpertsArgs, 256) { device::experts<format, false>(a); } \
  FORGE_STREAM_KERNEL(experts_gated_##name, ExpertsArgs, 256) {                                \
    device::experts<format, true>(a);                                                          \
  }                                                                                            \
  FORGE_DENSE_KERNEL(experts_gemm_##name, ExpertsArgs, 256) { device::experts_gemm<format>(a); }
FORGE_EXPERTS(q8_0, kQ8_0)
FORGE_EXPERTS(q4_0, kQ4_0)
FORGE_EXPERTS(q4_1, kQ4_1)
FORGE_EXPERTS(q5_0, kQ5_0)
FORGE_EXPERTS(q5_1, kQ5_1)
FORGE_EXPERTS(q2_k, kQ2_K)
FORGE_EXPERTS(q3_k, kQ3_K)
FORGE_EXPERTS(q4_k, kQ4_K)
FORGE_EXPERTS(q5_k, kQ5_K)
FORGE_EXPERTS(q6_k, kQ6_K)
FORGE_EXPERTS(iq4_nl, kIQ4_NL)
FORGE_EXPERTS(iq4_xs, kIQ4_XS)
FORGE_EXPERTS(mxfp4, kMXFP4)

}  // namespace forge::hip
