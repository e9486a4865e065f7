/* forge/abi/preflight.h: trying a device before it is used, interface "forge.preflight/1".
 *
 * A GPU, its driver or its runtime may hang, crash or compute nonsense. A pack for GPUs says with
 * this interface how to find that out in small steps. The host runs the steps in order in a child
 * process, one device at a time and with a time limit for each, so that it knows in which one a
 * child hung or died; a hang ends the child and not the desktop. Only a device that passed every
 * step is opened in the program itself.
 *
 * Rationale: steps instead of one test, because "stage 'kernel' did not come back within 5 s" helps
 * a user and "the GPU does not work" does not. A pack without this interface gets one step,
 * "device": device_open, self_test, device_close.
 */
#ifndef FORGE_ABI_PREFLIGHT_H_
#define FORGE_ABI_PREFLIGHT_H_

#include "forge/abi/base.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/status.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_PREFLIGHT_V1 "forge.preflight/1"

/* Names that the host knows: it has advice and an exit code for each. A pack has those that make
 * sense for it, in this order, and may have others beside them. */
#define FORGE_PREFLIGHT_RUNTIME "runtime" /* the runtime library loads and shows the device */
#define FORGE_PREFLIGHT_MEMORY "memory"   /* a pattern comes back from the device's memory */
#define FORGE_PREFLIGHT_KERNEL "kernel"   /* a trivial elementwise kernel computes right */
#define FORGE_PREFLIGHT_MATRIX "matrix"   /* one tile of the matrix cores equals the reference */

/* More stages than this, longer names and longer limits are refused. */
#define FORGE_PREFLIGHT_MAX_STAGES 16
#define FORGE_PREFLIGHT_MAX_NAME 32
#define FORGE_PREFLIGHT_MAX_LIMIT_MS 600000

/* What a pack keeps from stage to stage: the library it opened, memory it took. */
typedef struct forge_preflight forge_preflight;

/* One stage. Constant; lives as long as the library. */
typedef struct forge_preflight_stage_v1 {
  uint32_t struct_size;
  uint32_t limit_ms;   /* how long it may take on a slow machine; the user may set another limit */
  const char* name;    /* 1 to FORGE_PREFLIGHT_MAX_NAME of a-z 0-9 - _, each once */
  const char* purpose; /* for people, a few words: "a pattern to the card's memory and back" */
} forge_preflight_stage_v1;

/* What stages find out beside whether they passed. Zeroed by the host before the first stage; a
 * pack fills in what it learns, as soon as it does. 0 and "" are "not known". */
typedef struct forge_preflight_facts_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t memory_free;     /* bytes of the device that the runtime says are free */
  char runtime_version[64]; /* "6.2.41134"; NUL-terminated */
  char runtime_path[512];   /* file of the runtime library that was loaded; NUL-terminated */
} forge_preflight_facts_v1;

/* "forge.preflight/1". Implemented by the plugin; constant. Called in a process that ends
 * afterwards, on one thread, after initialize() and self_test(); no slot may be NULL. */
typedef struct forge_plugin_preflight_v1 {
  uint32_t struct_size;
  uint32_t n_stages;                             /* 1 to FORGE_PREFLIGHT_MAX_STAGES */
  const forge_preflight_stage_v1* const* stages; /* [n_stages], in the order they are run */

  /* Prepares for `device`, which is borrowed until close(). Touches neither device nor runtime:
   * that is the first stage's. [load-thread] */
  forge_status (*open)(const forge_device_v1* device, forge_preflight** out,
                       forge_message* message);

  /* Runs one stage; every stage before it has passed. On FORGE_OK the message may hold what was
   * found, for people ("HIP 6.2.41134, Radeon RX 7900 XT"); otherwise what went wrong and what to
   * do, after which only close() is called. May hang or crash: that is what it is for.
   * [load-thread] */
  forge_status (*run)(forge_preflight* preflight, uint32_t stage, forge_preflight_facts_v1* facts,
                      forge_message* message);

  /* Gives everything back. [load-thread] */
  void (*close)(forge_preflight* preflight);
} forge_plugin_preflight_v1;

FORGE_STATIC_ASSERT(sizeof(forge_preflight_stage_v1) == 24,
                    "forge_preflight_stage_v1 as of ABI 1.1");
FORGE_STATIC_ASSERT(sizeof(forge_preflight_facts_v1) == 592,
                    "forge_preflight_facts_v1 as of ABI 1.1");
FORGE_STATIC_ASSERT(offsetof(forge_plugin_preflight_v1, run) == 24,
                    "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_preflight_v1) == 40,
                    "forge_plugin_preflight_v1 as of ABI 1.1");

FORGE_ABI_END

#endif /* FORGE_ABI_PREFLIGHT_H_ */
