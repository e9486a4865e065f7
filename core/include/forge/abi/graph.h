/* forge/abi/graph.h: a model as data. What each op means is defined here in formulas and, to the
 * last bit of doubt, by core's reference executor (core/graph/reference/).
 *
 * A graph is a list of nodes in execution order over values. A value is a matrix [rows, width] of
 * 4-byte elements, row-major; its row count is the one thing that changes from step to step: one
 * row for each token of the batch, or one for each row whose logits are wanted. A node never mixes
 * rows except ATTENTION, SHORT_CONV and DELTA_RULE, which read the state of the row's own sequence.
 *
 * Same answer, whatever the company: what a pack computes for a row must not depend on the other
 * rows of the batch, on how a prompt was cut into batches, or on the number of threads. Bit for
 * bit.
 */
#ifndef FORGE_ABI_GRAPH_H_
#define FORGE_ABI_GRAPH_H_

#include "forge/abi/base.h"
#include "forge/abi/tensor.h"

FORGE_ABI_BEGIN

/* Positions of one block of a paged KV state. Rationale: 32 keeps the waste under half a block a
 * sequence small, is a multiple of every vector width in use, and is the tile attention folds at a
 * time. */
#define FORGE_KV_BLOCK_TOKENS 32

/* ---------------------------------------------------------------- values */

enum {
  FORGE_ROWS_TOKENS = 0, /* one row per token of the batch */
  FORGE_ROWS_OUTPUTS = 1 /* one row per entry of the batch's output_rows */
};

typedef struct forge_value_v1 {
  uint32_t struct_size;
  uint32_t type;  /* FORGE_TYPE_F32 or FORGE_TYPE_I32 */
  uint32_t rows;  /* FORGE_ROWS_* */
  uint32_t width; /* elements of one row */
  /* A view: columns [offset, offset + width) of another value. FORGE_NONE: owns its elements. */
  uint32_t parent;
  uint32_t offset; /* elements; 0 without parent */
  /* Where the static memory plan put it, in elements per row: the value starts at element
   * arena_offset * max_rows (FORGE_ROWS_TOKENS) of the token arena, or arena_offset * max_outputs
   * of the output arena. FORGE_NONE: lives in a buffer that comes with the batch, or is a view.
   * Values touched by consecutive nodes that work row by row do not overlap, so a pack may run such
   * nodes row after row instead of node after node. A pack is free to plan memory itself. */
  uint32_t arena_offset;
  uint32_t reserved; /* 0 */
} forge_value_v1;

/* ---------------------------------------------------------------- state */

enum {
  FORGE_STATE_KV = 0,       /* paged: per position and KV head one K and one V vector */
  FORGE_STATE_RECURRENT = 1 /* fixed size per sequence, zero at the start of a sequence */
};

typedef struct forge_state_v1 {
  uint32_t struct_size;
  uint32_t kind;       /* FORGE_STATE_* */
  uint32_t layer;      /* model layer it belongs to, for messages */
  uint32_t type_k;     /* KV: element types as stored, FORGE_TYPE_F16 unless configured otherwise */
  uint32_t type_v;     /* KV */
  uint32_t n_kv_heads; /* KV */
  uint32_t head_dim_k; /* KV: elements */
  uint32_t head_dim_v; /* KV: elements */
  uint32_t n_elements; /* RECURRENT: f32 per sequence */
  uint32_t reserved;   /* 0 */
} forge_state_v1;

/* ---------------------------------------------------------------- nodes */

/* In the lists below: "in" and "out" are values, "w" weights (? = optional, FORGE_NONE when
 * absent), and widths are elements per row. All arithmetic is meant in real numbers; packs may
 * round as their conformance tolerance allows. */
enum {
  /* Looks up the row's token.
   *   out[r] = scale * table[token[r]]
   *   out: width n_embd.  w: table [n_embd, n_vocab].  params: embed */
  FORGE_OP_EMBED = 1,

  /* Each run of `group` elements x of a row is normalised on its own.
   *   RMS:   y = x / sqrt(mean(x^2) + eps) * weight
   *   LAYER: y = (x - mean(x)) / sqrt(var(x) + eps) * weight + bias
   *   L2:    y = x / max(sqrt(sum(x^2)), eps) * weight
   *   in: x.  out: y.  w: weight?, bias?; each [group], used for every run, or [width].
   *   params: norm */
  FORGE_OP_NORM = 2,

  /* Products with one or more matrices that share their input (Q, K and V; gate and up).
   *   y_i = W_i x + b_i
   *   with a residual (one matrix):            y = residual + W x + b
   *   with an activation (two matrices):       y = act(W_0 x + b_0) * (W_1 x + b_1)
   *   in: x, residual?.  out: y_0 .. y_{n-1}.  w: W_0, b_0?, W_1, b_1?, ...; W_i [n_in, n_out_i].
   *   params: linear */
  FORGE_OP_LINEAR = 3,

  /* Rotary position embedding of n_heads vectors of head_dim; the first n_rot elements of each
   * turn, the rest are copied. Pair i of n_rot / 2 is elements (2i, 2i + 1) for NORM and
   * (i, i + n_rot / 2) for NEOX, MROPE and IMROPE.
   *   angle_i = position * base^(-2i / n_rot) / factor[i] * freq_scale
   *   with YaRN's blend where ext_factor != 0 (Peng et al. 2023, arXiv 2309.00071)
   *   in: x.  out: y.  w: factor [n_rot / 2]? (Llama 3.1's frequency factors).  params: rope */
  FORGE_OP_ROPE = 4,

  /* Appends k and v to the state at the row's position, then attends to positions j <= its own
   * (with a window w: j > own - w). Query head h reads KV head h / (n_heads / n_kv_heads).
   *   s_j = scale * q . k_j;  with a soft cap c: s_j = c * tanh(s_j / c)
   *   y = sum_j softmax(s)_j v_j;  with a sink, exp(sink_h) joins the softmax's denominator
   *   in: q (n_heads * head_dim_k), k, v.  out: y (n_heads * head_dim_v).  w: sinks [n_heads]?.
   *   state: KV.  params: attention */
  FORGE_OP_ATTENTION = 5,

  /* Gated activation.
   *   y = act(gate) * up
   *   in: gate, up.  out: y.  params: activation */
  FORGE_OP_GATED = 6,

  /* Elementwise y = f(x).
   *   in: x.  out: y.  params: unary */
  FORGE_OP_UNARY = 7,

  /* Elementwise y = a + b or a * b.
   *   in: a, b.  out: y.  params: binary */
  FORGE_OP_BINARY = 8,

  /* From FORGE_ROWS_TOKENS to FORGE_ROWS_OUTPUTS.
   *   out[i] = in[output_rows[i]]
   *   in: x.  out: y.  no params */
  FORGE_OP_SELECT_ROWS = 9,

  /* Picks n_used of n_experts: the largest of p + selection_bias (ties: the lower index), in
   * falling order, p = softmax(x) or sigmoid(x). Their weights are their p (for SOFTMAX_TOP:
   * softmax over the chosen x), divided by the weights' sum when normalise, times scale.
   *   in: x (n_experts).  out: ids (n_used, I32), weights (n_used).
   *   w: selection_bias [n_experts]?.  params: router */
  FORGE_OP_MOE_ROUTER = 10,

  /* The chosen experts' feed-forward networks, summed in the order of u.
   *   y = sum_u weights[u] * D_e (act(G_e x) * (U_e x)),  e = ids[u]
   *   in: x, ids, weights.  out: y.
   *   w: G [n_in, n_ff, n_experts], U likewise, D [n_ff, n_in, n_experts].  params: activation */
  FORGE_OP_MOE_EXPERTS = 11,

  /* Depthwise causal convolution over the last `kernel` rows of the sequence, per channel c.
   *   y[c] = act(bias[c] + sum_j w[j, c] * x_{t - kernel + 1 + j}[c])
   *   in: x.  out: y.  w: w [kernel, width], bias [width]?.
   *   state: RECURRENT, (kernel - 1) * width, oldest row first.  params: conv */
  FORGE_OP_SHORT_CONV = 12,

  /* Gated delta rule (Yang et al. 2024, arXiv 2412.06464), per head h with state S
   * [head_dim_k, head_dim_v] and key head h / (n_heads / n_key_heads). q and k come normalised if
   * the model wants that.
   *   S = exp(g) S;  d = beta (v - S^T k);  S = S + k d^T;  y = scale * S^T q
   *   in: q, k (n_key_heads * head_dim_k), v (n_heads * head_dim_v), g, beta (n_heads).  out: y.
   *   state: RECURRENT, n_heads * head_dim_k * head_dim_v, S row-major.  params: delta */
  FORGE_OP_DELTA_RULE = 13,

  /* The k largest of a row in falling order (ties: the lower index; NaN comes last); k = 1 is
   * argmax.
   *   in: x.  out: ids (k, I32), values (k).  no params: k is the outputs' width */
  FORGE_OP_TOP_K = 14,

  /* Draws one token of a row, whose largest x is `best`:
   *   1. all tokens but NaN; with settings.top_k the first top_k of ids
   *   2. with settings.top_p those that have less than top_p / 2^32 of everybody's weight before
   *      them: sum_{d(x_j) < d(x_i)} w(x_j) < share(sum_j w(x_j), top_p), over the tokens of 1.
   *   3. those that are not below best + log_min_p
   *   4. of these, by rising index, the first i with sum_{j <= i} u(x_j) > share(sum_j u(x_j),
   *      random)
   * d(x) is best - x in steps of 2^-26. Weights are whole numbers, so that a sum has the same bits
   * in any order: w(x) is 2^40 e^-d(x), all of forge/sdk/softmax_weight.hpp, with each difference
   * and product rounded once, and no difference where x equals best. share(s, f) is
   * floor(s * f / 2^32).
   *   in: x, ids (k, I32) and values (k): TOP_K's of x; settings (5, I32): forge_draw_settings_v1.
   *   out: token (1, I32); -1 where all are NaN.  no params.
   * [1.2] Rationale: four bytes leave the device instead of a row of logits. */
  FORGE_OP_DRAW = 15
};

/* A row of DRAW's settings. */
typedef struct forge_draw_settings_v1 {
  uint32_t top_k;            /* at most ids' width; 0: off */
  uint32_t top_p;            /* in 2^-32ths; 0: off */
  float log_min_p;           /* natural logarithm of min-p, <= 0; -infinity: off */
  float inverse_temperature; /* 0: all alike; infinite: none but the best */
  uint32_t random;           /* in 2^-32ths */
} forge_draw_settings_v1;

#define FORGE_DRAW_SETTINGS 5u /* words */

enum { FORGE_NORM_RMS = 0, FORGE_NORM_LAYER = 1, FORGE_NORM_L2 = 2 };

enum {
  FORGE_ACT_NONE = 0,
  FORGE_ACT_SILU = 1,      /* x / (1 + exp(-x)) */
  FORGE_ACT_GELU_TANH = 2, /* 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
  FORGE_ACT_GELU_ERF = 3,  /* 0.5 x (1 + erf(x / sqrt(2))) */
  FORGE_ACT_SIGMOID = 4,   /* 1 / (1 + exp(-x)) */
  FORGE_ACT_RELU = 5       /* max(x, 0) */
};

/* Which elements turn together is the file's convention, and it differs by family: files of the
 * llama family (llama, mistral, ...) have Q and K rows interleaved for NORM, the qwen, phi and
 * gemma families keep NEOX.
 */
enum { FORGE_ROPE_NORM = 0, FORGE_ROPE_NEOX = 1, FORGE_ROPE_MROPE = 2, FORGE_ROPE_IMROPE = 3 };

enum { FORGE_UNARY_SCALE = 0, FORGE_UNARY_SOFT_CAP = 1, FORGE_UNARY_ACT = 2 };
enum { FORGE_BINARY_ADD = 0, FORGE_BINARY_MUL = 1 };
enum { FORGE_GATING_SOFTMAX = 0, FORGE_GATING_SIGMOID = 1, FORGE_GATING_SOFTMAX_TOP = 2 };

typedef struct forge_embed_params_v1 {
  uint32_t struct_size;
  float scale; /* 1 for most models */
} forge_embed_params_v1;

typedef struct forge_norm_params_v1 {
  uint32_t struct_size;
  uint32_t kind;  /* FORGE_NORM_* */
  uint32_t group; /* elements normalised together; divides the width */
  float eps;
} forge_norm_params_v1;

typedef struct forge_linear_params_v1 {
  uint32_t struct_size;
  uint32_t activation; /* FORGE_ACT_NONE, or the gate's activation: two matrices, one output */
} forge_linear_params_v1;

typedef struct forge_rope_params_v1 {
  uint32_t struct_size;
  uint32_t mode; /* FORGE_ROPE_* */
  uint32_t n_heads;
  uint32_t head_dim;
  uint32_t n_rot; /* even, <= head_dim */
  float base;
  float freq_scale;     /* 1 / linear scaling factor */
  float ext_factor;     /* YaRN: 0 = off */
  float attn_factor;    /* multiplies sin and cos; 1 */
  float beta_fast;      /* YaRN: 32 */
  float beta_slow;      /* YaRN: 1 */
  uint32_t n_ctx_orig;  /* YaRN: context the model was trained with */
  uint32_t sections[4]; /* MROPE: pairs that turn with position component 0..3 */
} forge_rope_params_v1;

typedef struct forge_attention_params_v1 {
  uint32_t struct_size;
  uint32_t n_heads;
  uint32_t n_kv_heads; /* divides n_heads */
  uint32_t head_dim_k;
  uint32_t head_dim_v;
  float scale;     /* usually 1 / sqrt(head_dim_k) */
  float soft_cap;  /* 0 = none */
  uint32_t window; /* positions a row sees, itself included; 0 = all */
} forge_attention_params_v1;

typedef struct forge_activation_params_v1 {
  uint32_t struct_size;
  uint32_t activation; /* FORGE_ACT_*, not NONE */
} forge_activation_params_v1;

typedef struct forge_unary_params_v1 {
  uint32_t struct_size;
  uint32_t kind;       /* FORGE_UNARY_* */
  float argument;      /* SCALE: factor; SOFT_CAP: the cap; ACT: unused */
  uint32_t activation; /* ACT: FORGE_ACT_* */
} forge_unary_params_v1;

typedef struct forge_binary_params_v1 {
  uint32_t struct_size;
  uint32_t kind; /* FORGE_BINARY_* */
} forge_binary_params_v1;

typedef struct forge_router_params_v1 {
  uint32_t struct_size;
  uint32_t gating;    /* FORGE_GATING_* */
  uint32_t normalise; /* 0 or 1 */
  float scale;
} forge_router_params_v1;

typedef struct forge_conv_params_v1 {
  uint32_t struct_size;
  uint32_t kernel;
  uint32_t activation; /* FORGE_ACT_* */
} forge_conv_params_v1;

typedef struct forge_delta_params_v1 {
  uint32_t struct_size;
  uint32_t n_heads;
  uint32_t n_key_heads; /* divides n_heads */
  uint32_t head_dim_k;
  uint32_t head_dim_v;
  float scale;
} forge_delta_params_v1;

/* One operation. Index arrays and params are borrowed for as long as the graph. */
typedef struct forge_node_v1 {
  uint32_t struct_size;
  uint32_t op;             /* FORGE_OP_* */
  uint32_t layer;          /* model layer, or FORGE_NONE outside the layers */
  uint32_t state;          /* index into states, or FORGE_NONE */
  forge_string name;       /* "blk.0.attn_q", for logs and profiles */
  uint32_t n_inputs;       /* of inputs */
  uint32_t n_outputs;      /* of outputs */
  uint32_t n_weights;      /* of weights */
  uint32_t reserved;       /* 0 */
  const uint32_t* inputs;  /* indices into values */
  const uint32_t* outputs; /* indices into values */
  const uint32_t* weights; /* indices into weights; FORGE_NONE where optional and absent */
  const void* params;      /* forge_<op>_params_v1, as said at the op; NULL where it has none */
} forge_node_v1;

/* A whole model, or the part of one that a pack is to run. Owned by the host, borrowed by whoever
 * is handed it, for the duration of the call unless the slot says more. */
typedef struct forge_graph_v1 {
  uint32_t struct_size;
  uint32_t n_values;
  const forge_value_v1* const* values;   /* [n_values] */
  const forge_tensor_v1* const* weights; /* [n_weights] */
  uint32_t n_weights;
  uint32_t n_states;
  const forge_state_v1* const* states; /* [n_states] */
  const forge_node_v1* const* nodes;   /* [n_nodes], in execution order */
  uint32_t n_nodes;
  uint32_t n_inputs; /* values the batch brings along: of another pack, or DRAW's settings */
  const uint32_t* inputs;
  const uint32_t* outputs; /* values the batch takes away */
  uint32_t n_outputs;
  uint32_t token_arena;  /* elements per token row of the token arena */
  uint32_t output_arena; /* elements per output row of the output arena */
  uint32_t reserved;     /* 0 */
} forge_graph_v1;

FORGE_STATIC_ASSERT(sizeof(forge_draw_settings_v1) == 20, "forge_draw_settings_v1 as of ABI 1.2");
FORGE_STATIC_ASSERT(sizeof(forge_value_v1) == 32, "forge_value_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_state_v1) == 40, "forge_state_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_rope_params_v1) == 64, "forge_rope_params_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_attention_params_v1) == 32,
                    "forge_attention_params_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_node_v1) == 80, "forge_node_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(offsetof(forge_node_v1, params) == 72, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_graph_v1) == 88, "forge_graph_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_GRAPH_H_ */
