/* forge/abi/status.h: how a call across the boundary says that it failed.
 *
 * A slot returns a code; the sentence that explains it goes into the `forge_message` that the
 * caller passed along. The message belongs to the host: a plugin fills it with
 * forge_host_v1::message_set, cannot leak it and never frees it. Passing NULL for a message is
 * allowed and drops the sentence.
 *
 * A good message says what happened, with the values that made it happen, and what the reader can
 * do: "tensor 'blk.3.ffn_up.weight' has shape [4864, 896]; expected [4864, 1024]
 * (feed_forward_length x embedding_length); the file is damaged or was converted for another model"
 */
#ifndef FORGE_ABI_STATUS_H_
#define FORGE_ABI_STATUS_H_

#include "forge/abi/base.h"

FORGE_ABI_BEGIN

/* Values equal absl::StatusCode. Stored in an int32_t so that an unknown value from a newer plugin
 * is data, not undefined behaviour. */
typedef int32_t forge_status;

enum {
  FORGE_OK = 0,
  /* The user or the host asked to stop. */
  FORGE_CANCELLED = 1,
  /* An error from outside that has no code here (a foreign exception). Prefer any other. */
  FORGE_UNKNOWN = 2,
  /* Wrong whatever the state of the world: a bad file, a bad flag, a shape that cannot be. */
  FORGE_INVALID_ARGUMENT = 3,
  /* Too slow: a time limit ran out. The work may still be going on. */
  FORGE_DEADLINE_EXCEEDED = 4,
  /* The named thing is not there: file, tensor, metadata key, interface. */
  FORGE_NOT_FOUND = 5,
  /* The named thing is there already: duplicate plugin id, output file without --force. */
  FORGE_ALREADY_EXISTS = 6,
  /* The caller may not: file modes, render group. */
  FORGE_PERMISSION_DENIED = 7,
  /* Memory, blocks, slots or disk are used up; freeing some can help. */
  FORGE_RESOURCE_EXHAUSTED = 8,
  /* Right call, wrong state: not loaded, not permitted before preflight, version mismatch. */
  FORGE_FAILED_PRECONDITION = 9,
  /* Lost against something concurrent; trying again can help. */
  FORGE_ABORTED = 10,
  /* Past the end of a valid range, such as a position beyond the context. */
  FORGE_OUT_OF_RANGE = 11,
  /* Known, but not supported here: an op, a type, a feature. The host looks for another way. */
  FORGE_UNIMPLEMENTED = 12,
  /* A broken invariant of the software itself; worth a bug report. */
  FORGE_INTERNAL = 13,
  /* Not now: device busy, lock held. Trying again later can help. */
  FORGE_UNAVAILABLE = 14,
  /* Bytes are damaged or missing: truncated file, failed checksum, wrong read-back. */
  FORGE_DATA_LOSS = 15
};

/* Opaque sink for one sentence, owned by the host for the duration of one call. */
typedef struct forge_message forge_message;

FORGE_ABI_END

#endif /* FORGE_ABI_STATUS_H_ */
