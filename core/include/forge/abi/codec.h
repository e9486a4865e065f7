/* forge/abi/codec.h: quantization codecs, interface "forge.codecs/1".
 *
 * A codec says how a run of numbers is stored in blocks. It works with every kernel pack from the
 * day it is registered: where a pack has no kernel for it, the host converts the weights at load to
 * the first type of `converts_to` that the pack has, and logs that it did.
 */
#ifndef FORGE_ABI_CODEC_H_
#define FORGE_ABI_CODEC_H_

#include "forge/abi/base.h"
#include "forge/abi/status.h"
#include "forge/abi/tensor.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_CODECS_V1 "forge.codecs/1"
#define FORGE_HOST_INTERFACE_CODECS_V1 "forge.host.codecs/1"

/* One codec. Implemented by a plugin or by core; constant; lives as long as its library.
 * All slots: [any-thread], no shared state. */
typedef struct forge_codec_v1 {
  uint32_t struct_size;
  uint32_t type;           /* number in GGUF tensor infos; unique over all codecs */
  const char* name;        /* "Q4_K": GGUF's name, also used on the command line; NUL-terminated */
  uint32_t block_elements; /* elements of one block; a row is a whole number of blocks */
  uint32_t block_bytes;    /* bytes of one block */

  /* Types to convert to for a pack without a kernel for this one, best first. NULL when n is 0:
   * then F32. */
  const uint32_t* converts_to;
  uint32_t n_converts_to;
  uint32_t reserved; /* 0 */

  /* Exact decoding: out[i] is the number that block i/block_elements means, rounded to f32 once, in
   * the order of operations that the format's defining implementation has (so that results are
   * equal bit for bit). `blocks` holds n / block_elements blocks, any alignment; n is a multiple of
   * block_elements; out [n], f32, must not overlap blocks. */
  void (*dequantize)(const void* blocks, float* out, uint64_t n);

  /* Encoding. x [n_rows, n_cols] f32 row-major, n_cols a multiple of block_elements. importance:
   * NULL or [n_cols] non-negative weights of the squared error per column. blocks receives n_rows *
   * n_cols / block_elements blocks. Not-finite input: FORGE_INVALID_ARGUMENT. NULL slot: this codec
   * cannot encode. */
  forge_status (*quantize)(const float* x, const float* importance, uint64_t n_rows,
                           uint64_t n_cols, void* blocks, forge_message* message);
} forge_codec_v1;

/* "forge.codecs/1": what a codec plugin offers. */
typedef struct forge_plugin_codecs_v1 {
  uint32_t struct_size;
  uint32_t n_codecs;
  const forge_codec_v1* const* codecs; /* [n_codecs] */
} forge_plugin_codecs_v1;

/* "forge.host.codecs/1": every registered codec, for packs and architectures. [any-thread] */
typedef struct forge_host_codecs_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  void* self;
  /* NULL when no codec has that type id. Valid until the process exits. */
  const forge_codec_v1* (*find)(void* self, uint32_t type);
} forge_host_codecs_v1;

FORGE_STATIC_ASSERT(offsetof(forge_codec_v1, name) == 8, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(offsetof(forge_codec_v1, dequantize) == 40, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_codec_v1) == 56, "forge_codec_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_codecs_v1) == 16, "forge_plugin_codecs_v1 as of ABI 1.0");
FORGE_STATIC_ASSERT(sizeof(forge_host_codecs_v1) == 24, "forge_host_codecs_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_CODEC_H_ */
