/* forge/abi/kernel_pack.h: kernel packs, interface "forge.kernel_pack/1".
 *
 * A pack runs graphs on one kind of device. It may be as small as one matmul: ops it says no to run
 * on another pack or on core's reference executor. Life of a pack: open a device -> say which ops
 * of a graph it supports -> compile the part it was given into a plan (weights bound, repacked and
 * uploaded once) -> create state -> execute batches. Objects behind opaque pointers belong to the
 * pack and are released by its own slot. Slots that take the same plan or state are never called
 * concurrently; different plans may be.
 */
#ifndef FORGE_ABI_KERNEL_PACK_H_
#define FORGE_ABI_KERNEL_PACK_H_

#include "forge/abi/base.h"
#include "forge/abi/graph.h"
#include "forge/abi/status.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_KERNEL_PACK_V1 "forge.kernel_pack/1"

typedef struct forge_pack_device forge_pack_device;
typedef struct forge_pack_plan forge_pack_plan;
typedef struct forge_pack_state forge_pack_state;

/* What the survey found and the selection chose. Strings are NUL-terminated, borrowed for the call.
 */
typedef struct forge_device_v1 {
  uint32_t struct_size;
  uint32_t index;             /* among devices of the pack's kind, 0-based */
  const char* key;            /* "cpu", or the PCI id "0000:03:00.0" */
  const char* name;           /* for people */
  const char* processor;      /* "x86-64-v4", "gfx1100" */
  const char* data_directory; /* folder of the pack's manifest: where its code objects are */
  uint64_t memory_budget;     /* bytes of the device's memory that the pack may take, no single
                                 allocation above nine tenths of it; 0 = unlimited. What else uses
                                 the device and what the desktop needs is left out already */
} forge_device_v1;

enum {
  FORGE_PACK_PROFILE = 1u << 0, /* keep times per op for visit_counters */
  FORGE_PACK_PIN = 1u << 1,     /* bind worker threads to processors */
  /* Products with quantized weights for many rows may round weights and inputs to f16, and then be
   * other bits than for few rows. Packs that have no such kernels ignore it. */
  FORGE_PACK_HALF_PRODUCTS = 1u << 2,
  FORGE_PACK_FP8_PRODUCTS = 1u << 3 /* likewise to FP8 (E4M3); goes before the other */
};

typedef struct forge_pack_options_v1 {
  uint32_t struct_size;
  uint32_t n_threads; /* host threads the pack may keep busy, the caller's included; 0 = its own
                         choice */
  uint32_t flags;     /* FORGE_PACK_* */
  uint32_t reserved;  /* 0 */
} forge_pack_options_v1;

typedef struct forge_plan_options_v1 {
  uint32_t struct_size;
  uint32_t max_rows;      /* most token rows of a batch */
  uint32_t max_outputs;   /* most output rows of a batch */
  uint32_t max_sequences; /* most sequences of a batch */
} forge_plan_options_v1;

/* Bytes a plan will take, term by term, before anything is allocated. */
typedef struct forge_plan_memory_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t weights;         /* resident weights, as repacked */
  uint64_t scratch;         /* arenas and workspaces */
  uint64_t state_per_block; /* all KV states, one block of FORGE_KV_BLOCK_TOKENS positions */
  uint64_t state_per_slot;  /* all recurrent states, one sequence */
} forge_plan_memory_v1;

/* Long work tells how far it is. Non-zero return: stop, and return FORGE_CANCELLED. */
typedef struct forge_progress_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  void* self;
  int32_t (*report)(void* self, uint64_t done, uint64_t total); /* bytes of weights */
  /* The data of a weight of the graph has been read as a whole, or a large part of it; rows may be
   * read again. The host then lets the mapped file's pages go, which would otherwise count as the
   * process's memory beside the pack's copy. Calling it is the pack's choice, and how often too. */
  void (*weight_read)(void* self, uint32_t weight);
} forge_progress_v1;

/* One sequence's part of a batch: n_rows consecutive rows, which are the positions n_past, n_past +
 * 1, ... of that sequence. A sequence occurs at most once in a batch. */
typedef struct forge_sequence_v1 {
  uint32_t struct_size;
  uint32_t first_row;
  uint32_t n_rows; /* >= 1 */
  uint32_t n_past; /* positions already in the state */
  uint32_t slot;   /* recurrent state slot; FORGE_NONE when the model has none */
  uint32_t n_blocks;
  const uint32_t*
      blocks; /* [n_blocks] KV blocks; position p is entry p % FORGE_KV_BLOCK_TOKENS of block
                 blocks[p / FORGE_KV_BLOCK_TOKENS]; covers n_past + n_rows positions */
} forge_sequence_v1;

/* A graph input or output of this step, in host memory. */
typedef struct forge_buffer_v1 {
  uint32_t struct_size;
  uint32_t value;   /* value of the graph */
  void* data;       /* [rows, width] of 4-byte elements; inputs are read only. NULL: an output that
                     * this step does not want, see FORGE_KERNEL_PACK_OPTIONAL_OUTPUTS */
  uint64_t n_bytes; /* of data */
} forge_buffer_v1;

/* One step: rows of any number of sequences, prefill chunks and single tokens mixed. Borrowed for
 * the call.
 */
typedef struct forge_batch_v1 {
  uint32_t struct_size;
  uint32_t n_rows;
  const int32_t* tokens;    /* [n_rows], 0 <= token < n_vocab (checked by the host) */
  const int32_t* positions; /* [pos_dims, n_rows]: what ROPE turns by */
  uint32_t pos_dims;        /* 1 or 4 */
  uint32_t n_sequences;
  const forge_sequence_v1* const*
      sequences;               /* [n_sequences], by rising first_row, covering all rows */
  const uint32_t* output_rows; /* [n_output_rows], rising */
  uint32_t n_output_rows;
  uint32_t n_buffers;
  const forge_buffer_v1* const* buffers; /* [n_buffers]: every input and output of the graph */
} forge_batch_v1;

/* One line of the profile: one node of the plan as it was compiled. */
typedef struct forge_counter_v1 {
  uint32_t struct_size;
  uint32_t op;         /* FORGE_OP_* of the (first) node */
  forge_string name;   /* node names as fused: "blk.0.attn_q+k+v" */
  forge_string kernel; /* what runs it: "matmul_q4k_a8_f32_t16x4_avx512vnni" */
  uint64_t calls;
  uint64_t rows;        /* summed over calls */
  uint64_t nanoseconds; /* 0 without FORGE_PACK_PROFILE */
  uint64_t bytes;       /* weights and state read, summed over calls */
  uint64_t operations;  /* multiply-adds, summed over calls */
} forge_counter_v1;

/* Flags of a kernel pack. */
enum {
  /* A step may come without memory for some of the graph's outputs (forge_buffer_v1::data NULL,
   * n_bytes 0). They need not be brought to the host, and what only makes them need not run.
   * Without the flag the host always brings memory for every output. [1.2] Rationale: a GPU that
   * picks the best tokens itself need not hand over all logits. */
  FORGE_KERNEL_PACK_OPTIONAL_OUTPUTS = 1u << 0
};

/* "forge.kernel_pack/1". Implemented by the plugin; constant. Where a slot may be NULL it says so.
 */
typedef struct forge_plugin_kernel_pack_v1 {
  uint32_t struct_size;
  uint32_t flags; /* FORGE_KERNEL_PACK_*; 0 before 1.2 */

  /* Opens a device. [any-thread] */
  forge_status (*device_open)(const forge_device_v1* device, const forge_pack_options_v1* options,
                              forge_pack_device** out, forge_message* message);
  /* All its plans and states are gone by then. */
  void (*device_close)(forge_pack_device* device);

  /* FORGE_OK when the pack can run node number `node` of the graph with the value, weight and state
   * types given there; FORGE_UNIMPLEMENTED with the reason when not. Weights need no data for this
   * question. */
  forge_status (*node_supported)(forge_pack_device* device, const forge_graph_v1* graph,
                                 uint32_t node, forge_message* message);

  /* Fills *out with what plan_compile would need. */
  forge_status (*plan_memory)(forge_pack_device* device, const forge_graph_v1* graph,
                              const forge_plan_options_v1* options, forge_plan_memory_v1* out,
                              forge_message* message);

  /* Compiles a graph whose every node is supported. The graph and its weight data stay valid and
   * unchanged until plan_destroy. progress may be NULL. */
  forge_status (*plan_compile)(forge_pack_device* device, const forge_graph_v1* graph,
                               const forge_plan_options_v1* options,
                               const forge_progress_v1* progress, forge_pack_plan** out,
                               forge_message* message);
  void (*plan_destroy)(forge_pack_plan* plan);

  /* Allocates n_blocks KV blocks and n_slots recurrent slots for every state of the plan's graph.
   * Slots start zeroed; the contents of blocks are undefined until written. */
  forge_status (*state_create)(forge_pack_plan* plan, uint32_t n_blocks, uint32_t n_slots,
                               forge_pack_state** out, forge_message* message);
  void (*state_destroy)(forge_pack_state* state);

  /* Copies whole blocks, dst[i] = src[i], in order, in all KV states. */
  forge_status (*state_copy_blocks)(forge_pack_state* state, const uint32_t* src,
                                    const uint32_t* dst, uint32_t n, forge_message* message);
  /* Copies recurrent slots, dst[i] = src[i]; src[i] FORGE_NONE zeroes dst[i]. NULL: no recurrent
   * state. */
  forge_status (*state_copy_slots)(forge_pack_state* state, const uint32_t* src,
                                   const uint32_t* dst, uint32_t n, forge_message* message);

  /* Bytes to and from host memory, in the pack's own layout, which the same pack build understands
   * again: n * state_per_block and n * state_per_slot bytes. */
  forge_status (*state_read_blocks)(forge_pack_state* state, const uint32_t* blocks, uint32_t n,
                                    void* out, forge_message* message);
  forge_status (*state_write_blocks)(forge_pack_state* state, const uint32_t* blocks, uint32_t n,
                                     const void* data, forge_message* message);
  /* NULL: no recurrent state. */
  forge_status (*state_read_slots)(forge_pack_state* state, const uint32_t* slots, uint32_t n,
                                   void* out, forge_message* message);
  forge_status (*state_write_slots)(forge_pack_state* state, const uint32_t* slots, uint32_t n,
                                    const void* data, forge_message* message);

  /* Runs one step; on return the batch's output buffers are written and its rows are in the state.
   * After an error the states of the batch's sequences beyond n_past are undefined, the rest is as
   * before. */
  forge_status (*execute)(forge_pack_plan* plan, forge_pack_state* state,
                          const forge_batch_v1* batch, forge_message* message);

  /* Calls visit once per compiled node, in order of execution; the record is borrowed for that
   * call. Also how the host learns which kernel was chosen for each op. */
  void (*visit_counters)(forge_pack_plan* plan,
                         void (*visit)(void* self, const forge_counter_v1* counter), void* self);
  /* Sets all counters to 0. */
  void (*reset_counters)(forge_pack_plan* plan);
} forge_plugin_kernel_pack_v1;

FORGE_STATIC_ASSERT(sizeof(forge_device_v1) == 48, "forge_device_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_plan_memory_v1) == 40, "forge_plan_memory_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_sequence_v1) == 32, "forge_sequence_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_batch_v1) == 64, "forge_batch_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_counter_v1) == 80, "forge_counter_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(offsetof(forge_plugin_kernel_pack_v1, execute) == 120,
                    "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_kernel_pack_v1) == 144,
                    "forge_plugin_kernel_pack_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_KERNEL_PACK_H_ */
