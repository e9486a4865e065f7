/* forge/abi/idle.h: letting a device sleep, interface "forge.idle/1".
 *
 * Optional for kernel packs. A GPU with a queue stays awake though nothing runs on it. While the
 * host waits for a person to type, or for the next request, it asks the pack to give such things
 * back.
 */
#ifndef FORGE_ABI_IDLE_H_
#define FORGE_ABI_IDLE_H_

#include "forge/abi/kernel_pack.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_IDLE_V1 "forge.idle/1"

/* Implemented by the plugin; constant. */
typedef struct forge_plugin_idle_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  /* Gives back what keeps the device awake and is soon made again: queues, recorded launches.
   * Plans, weights and state stay. The next call that needs them makes them anew, with the same
   * results, or returns the error. Not while another slot of the device, its plans or its states
   * runs; twice in a row is fine. [any-thread] */
  forge_status (*release)(forge_pack_device* device, forge_message* message);
} forge_plugin_idle_v1;

FORGE_STATIC_ASSERT(sizeof(forge_plugin_idle_v1) == 16, "forge_plugin_idle_v1 as of ABI 1.2");

FORGE_ABI_END

#endif /* FORGE_ABI_IDLE_H_ */
