/* forge/abi/limits.h: what a device can do at most, interface "forge.limits/1".
 *
 * Optional for kernel packs. The host puts measured speeds beside it, so that one sees how near the
 * device's limits a kernel runs.
 */
#ifndef FORGE_ABI_LIMITS_H_
#define FORGE_ABI_LIMITS_H_

#include "forge/abi/kernel_pack.h"

FORGE_ABI_BEGIN

#define FORGE_INTERFACE_LIMITS_V1 "forge.limits/1"

/* Measured just now, with the threads the device was opened with. 0: not known. */
typedef struct forge_limits_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  double read_bytes; /* bytes a second read from the memory that weights lie in */
  double int8_macs;  /* multiply-adds a second of 8-bit integers, operands at hand */
  double f32_macs;   /* multiply-adds a second of f32 */
  double bf16_macs;  /* since ABI 1.2: multiply-adds a second of BF16, added in f32 */
} forge_limits_v1;

/* Implemented by the plugin; constant. */
typedef struct forge_plugin_limits_v1 {
  uint32_t struct_size;
  uint32_t reserved;
  /* Measures for about a second. Not while a plan of the device runs. Writes no more than
   * out->struct_size says. */
  forge_status (*measure)(forge_pack_device* device, forge_limits_v1* out, forge_message* message);
} forge_plugin_limits_v1;

FORGE_STATIC_ASSERT(sizeof(forge_limits_v1) == 40, "forge_limits_v1 as of ABI 1.2");
FORGE_STATIC_ASSERT(sizeof(forge_plugin_limits_v1) == 16, "forge_plugin_limits_v1 as of ABI 1.0");

FORGE_ABI_END

#endif /* FORGE_ABI_LIMITS_H_ */
