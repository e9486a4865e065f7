/* forge/abi/tensor.h: element types and views of tensors in host memory. */
#ifndef FORGE_ABI_TENSOR_H_
#define FORGE_ABI_TENSOR_H_

#include "forge/abi/base.h"

FORGE_ABI_BEGIN

/* A type is the number GGUF stores for it (ggml_type;
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). A codec plugin may add numbers;
 * private ones should start at FORGE_TYPE_PRIVATE. */
enum {
  FORGE_TYPE_F32 = 0,
  FORGE_TYPE_F16 = 1,
  FORGE_TYPE_Q4_0 = 2,
  FORGE_TYPE_Q4_1 = 3,
  FORGE_TYPE_Q5_0 = 6,
  FORGE_TYPE_Q5_1 = 7,
  FORGE_TYPE_Q8_0 = 8,
  FORGE_TYPE_Q2_K = 10,
  FORGE_TYPE_Q3_K = 11,
  FORGE_TYPE_Q4_K = 12,
  FORGE_TYPE_Q5_K = 13,
  FORGE_TYPE_Q6_K = 14,
  FORGE_TYPE_IQ3_XXS = 18,
  FORGE_TYPE_IQ4_NL = 20,
  FORGE_TYPE_IQ3_S = 21,
  FORGE_TYPE_IQ2_S = 22,
  FORGE_TYPE_IQ4_XS = 23,
  FORGE_TYPE_I8 = 24,
  FORGE_TYPE_I16 = 25,
  FORGE_TYPE_I32 = 26,
  FORGE_TYPE_I64 = 27,
  FORGE_TYPE_F64 = 28,
  FORGE_TYPE_BF16 = 30,
  FORGE_TYPE_MXFP4 = 39,
  FORGE_TYPE_PRIVATE = 0x10000
};

#define FORGE_MAX_DIMS 4

/* A tensor as the file has it. Borrowed: name and data point into the mapped file (or a buffer of
 * the host) and stay valid as long as the call or object that handed the record out says. */
typedef struct forge_tensor_v1 {
  uint32_t struct_size;
  uint32_t type;                  /* forge type id */
  forge_string name;              /* "blk.0.attn_q.weight" */
  uint64_t shape[FORGE_MAX_DIMS]; /* shape[0] is the contiguous one (columns, n_in); unused are 1 */
  uint32_t n_dims;                /* 1..4 */
  uint32_t reserved;              /* 0 */
  const void* data; /* packed rows, no padding between rows; NULL when only described */
  uint64_t n_bytes; /* of data */
} forge_tensor_v1;

FORGE_STATIC_ASSERT(sizeof(forge_tensor_v1) == 80, "forge_tensor_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_TENSOR_H_ */
