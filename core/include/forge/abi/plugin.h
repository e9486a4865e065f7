/* forge/abi/plugin.h: the one symbol a plugin library exports.
 *
 * Order of events, all on the thread that loads plugins:
 *   manifest read -> CPU features checked -> device surveyed -> selected -> probed in a child
 *   process -> packs for GPUs: preflight of the device in a child process (forge/abi/preflight.h)
 *   -> dlopen -> forge_plugin_entry found -> versions compared -> initialize() -> self_test()
 *   -> get_interface() for what the manifest promised -> registered.
 * Nothing of the library runs before that; it must have no static initialisers (they would run at
 * dlopen, before anybody looked at the entry). A library stays mapped until the process exits.
 */
#ifndef FORGE_ABI_PLUGIN_H_
#define FORGE_ABI_PLUGIN_H_

#include "forge/abi/base.h"
#include "forge/abi/host.h"
#include "forge/abi/status.h"

FORGE_ABI_BEGIN

/* Implemented by the plugin as one constant record. All strings are NUL-terminated and live as long
 * as the library. */
typedef struct forge_plugin_entry_v1 {
  uint32_t struct_size;
  uint16_t abi_major; /* FORGE_ABI_MAJOR the plugin was compiled with; another major is refused */
  uint16_t abi_minor;

  const char* id;      /* equal to the manifest's id; anything else is refused */
  const char* version; /* of the plugin itself, for people */
  const char* build;   /* compiler and flags worth knowing in a bug report */
  const char*
      sanitizer; /* "" or what it was built with: "address", "thread"; must equal the host's */

  /* Takes the host's services. Called once, before anything else. On failure the plugin is rejected
   * with the message and never called again. Must return within the probe's time limit (10 s).
   * [load-thread] */
  forge_status (*initialize)(const forge_host_v1* host, forge_message* message);

  /* Interface record by id ("forge.kernel_pack/1", "forge.codecs/1", "forge.architecture/1",
   * "forge.preflight/1"), or NULL for "does not have it". Valid until shutdown(). [any-thread &
   * initialised] */
  const void* (*get_interface)(const char* interface_id);

  /* Computes something small whose answer is known and compares. NULL: nothing to test. A failure
   * rejects the plugin. [load-thread & initialised] */
  forge_status (*self_test)(forge_message* message);

  /* Stops threads, closes devices. No slot is called afterwards. Must not throw or block. NULL
   * allowed. [load-thread & initialised] */
  void (*shutdown)(void);
} forge_plugin_entry_v1;

/* The exported symbol's name: `FORGE_EXPORT const forge_plugin_entry_v1 forge_plugin_entry =
 * {...};` */
#define FORGE_PLUGIN_ENTRY_SYMBOL "forge_plugin_entry"

FORGE_STATIC_ASSERT(offsetof(forge_plugin_entry_v1, id) == 8, "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(offsetof(forge_plugin_entry_v1, initialize) == 40,
                    "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(offsetof(forge_plugin_entry_v1, shutdown) == 64,
                    "slot offsets are part of the ABI");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_entry_v1) == 72, "forge_plugin_entry_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_PLUGIN_H_ */
