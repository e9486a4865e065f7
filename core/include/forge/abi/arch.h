/* forge/abi/arch.h: model architectures, interface "forge.architecture/1".
 *
 * An architecture turns a file's metadata and tensor table into a graph. It runs once per model,
 * never per token, and holds no state: everything it finds out goes into the host's graph builder.
 */
#ifndef FORGE_ABI_ARCH_H_
#define FORGE_ABI_ARCH_H_

#include "forge/abi/base.h"
#include "forge/abi/graph.h"
#include "forge/abi/status.h"
#include "forge/abi/tensor.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_ARCHITECTURE_V1 "forge.architecture/1"

/* The open model file. Implemented by the host. Strings and pointers stay valid until the call that
 * was given this record returns. Getters return FORGE_NOT_FOUND for an absent key and
 * FORGE_INVALID_ARGUMENT for one of another type or out of the range of the result; both set a
 * message that names the key. [load-thread] */
typedef struct forge_host_model_v1 {
  uint32_t struct_size;
  uint32_t n_tensors;
  void* self;

  forge_status (*get_u64)(void* self, forge_string key, uint64_t* out, forge_message* message);
  forge_status (*get_f64)(void* self, forge_string key, double* out, forge_message* message);
  forge_status (*get_bool)(void* self, forge_string key, int32_t* out, forge_message* message);
  forge_status (*get_string)(void* self, forge_string key, forge_string* out,
                             forge_message* message);
  /* Arrays of numbers or booleans: copies min(capacity, length) elements, sets *out_length to the
   * length. A scalar is an array of length 1 (files have feed_forward_length both ways). out may be
   * NULL when capacity is 0. */
  forge_status (*get_f64_array)(void* self, forge_string key, double* out, uint64_t capacity,
                                uint64_t* out_length, forge_message* message);

  /* Tensor by index, 0..n_tensors-1 in file order. */
  const forge_tensor_v1* (*tensor)(void* self, uint32_t index);
  /* Index of the tensor of that name, or FORGE_NONE. */
  uint32_t (*find_tensor)(void* self, forge_string name);
} forge_host_model_v1;

/* What the engine must know of a model beside its graph. */
typedef struct forge_model_info_v1 {
  uint32_t struct_size;
  uint32_t n_vocab; /* rows of the embedding table */
  uint32_t n_embd;
  uint32_t n_layers;
  uint32_t n_ctx_train; /* positions the model was trained for; 0 = unknown */
  uint32_t pos_dims;    /* position components per token: 1, or 4 for MROPE */
  uint32_t logits;      /* value: next-token logits, FORGE_ROWS_OUTPUTS, width n_vocab */
  uint32_t hidden;      /* value: final normalised hidden state, or FORGE_NONE */
} forge_model_info_v1;

/* Takes the graph, piece by piece. Implemented by the host, which copies every record and index
 * array it is given and checks each (unknown op, value used before it is written, width that does
 * not fit): the message names the node. Indices count from 0 in order of adding. [load-thread] */
typedef struct forge_host_graph_builder_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  void* self;

  /* Adds a value; *out_index is its number. arena_offset is ignored: the host plans memory. */
  forge_status (*add_value)(void* self, const forge_value_v1* value, uint32_t* out_index,
                            forge_message* message);
  /* Makes the file's tensor number tensor_index usable as a weight. Adding one twice gives the same
   * number.
   */
  forge_status (*add_weight)(void* self, uint32_t tensor_index, uint32_t* out_index,
                             forge_message* message);
  forge_status (*add_state)(void* self, const forge_state_v1* state, uint32_t* out_index,
                            forge_message* message);
  forge_status (*add_node)(void* self, const forge_node_v1* node, forge_message* message);
  /* Exactly once, after the last node. */
  forge_status (*finish)(void* self, const forge_model_info_v1* info, forge_message* message);
} forge_host_graph_builder_v1;

/* What the text side must know where the file is silent. Strings: NUL-terminated, static. */
typedef struct forge_text_quirks_v1 {
  uint32_t struct_size;
  int32_t add_bos; /* when tokenizer.ggml.add_bos_token is absent: 0, 1, or -1 = tokenizer's rule */
  const char* pre_tokenizer; /* when tokenizer.ggml.pre is absent; NULL = "default" */
  const char* chat_template; /* Jinja source when tokenizer.chat_template is absent; NULL = none */
} forge_text_quirks_v1;

/* "forge.architecture/1". Implemented by the plugin; constant. */
typedef struct forge_plugin_architecture_v1 {
  uint32_t struct_size;
  uint32_t n_names;
  const char* const* names; /* values of general.architecture it builds, NUL-terminated */

  /* Checks metadata and tensors, builds the graph. Errors name the key or tensor, with expected and
   * actual. [load-thread] */
  forge_status (*build)(const forge_host_model_v1* model,
                        const forge_host_graph_builder_v1* builder, forge_message* message);

  /* Fills *out. NULL slot: no quirks. [load-thread] */
  forge_status (*text_quirks)(const forge_host_model_v1* model, forge_text_quirks_v1* out,
                              forge_message* message);
} forge_plugin_architecture_v1;

FORGE_STATIC_ASSERT(sizeof(forge_host_model_v1) == 72, "forge_host_model_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_model_info_v1) == 32, "forge_model_info_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_host_graph_builder_v1) == 56,
                    "forge_host_graph_builder_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_text_quirks_v1) == 24, "forge_text_quirks_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_architecture_v1) == 32,
                    "forge_plugin_architecture_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_ARCH_H_ */
