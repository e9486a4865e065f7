/* forge/abi/host.h: what a plugin may ask of the host.
 *
 * Rationale: a plugin and the host may be linked against different C++ libraries, allocators and
 * loggers. So a plugin logs through the host, returns messages through the host, and releases
 * memory with the same side that gave it.
 */
#ifndef FORGE_ABI_HOST_H_
#define FORGE_ABI_HOST_H_

#include "forge/abi/base.h"
#include "forge/abi/status.h"

FORGE_ABI_BEGIN

enum {
  FORGE_LOG_TRACE = 0, /* per op, per step: off unless asked for */
  FORGE_LOG_DEBUG = 1, /* decisions: which kernel, which layout, how long */
  FORGE_LOG_INFO = 2,  /* what a user wants to know once: device opened, weights converted */
  FORGE_LOG_WARN = 3,  /* works, but not as asked: fallback taken, feature switched off */
  FORGE_LOG_ERROR = 4  /* also returned as a status; log only what the status cannot carry */
};

/* Implemented by the host, borrowed by the plugin, valid from initialize() until after shutdown().
 * All slots: [any-thread]. */
typedef struct forge_host_v1 {
  uint32_t struct_size;
  uint16_t abi_major; /* the host's */
  uint16_t abi_minor;
  void* self; /* first argument of the slots below */

  /* Writes one line, without newline, under the plugin's id. `text` is copied. */
  void (*log)(void* self, int32_t level, forge_string text);

  /* Non-zero when a line of this level would be written: ask before building an expensive one. */
  int32_t (*log_enabled)(void* self, int32_t level);

  /* Replaces the sentence in `message` with a copy of `text`. `message` may be NULL. */
  void (*message_set)(void* self, forge_message* message, forge_string text);

  /* A host interface by id, or NULL when this host has none of that id. The pointer stays valid as
   * long as this record. Ids: "forge.host.codecs/1" (forge/abi/codec.h). */
  const void* (*get_interface)(void* self, const char* interface_id);
} forge_host_v1;

FORGE_STATIC_ASSERT(offsetof(forge_host_v1, self) == 8, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(offsetof(forge_host_v1, log) == 16, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(offsetof(forge_host_v1, get_interface) == 40,
                    "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_host_v1) == 48, "forge_host_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_HOST_H_ */
