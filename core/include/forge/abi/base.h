/* forge/abi/base.h: linkage macros, strings and the version of the plugin ABI.
 *
 * Every header of forge/abi/ is plain C11 (and compiles as C17, C++17 and C++20, -pedantic). It
 * needs a 64-bit little-endian target. The rules of growth are in docs/ABI.md; in short:
 *   - a record that may grow starts with `uint32_t struct_size`: sizeof(record) as its writer
 * compiled it;
 *   - new fields go at the end, and a reader looks at a field only after FORGE_HAS_FIELD says it is
 * there;
 *   - a change that cannot be made so gets a new interface id ("forge.codec/2") or a new major
 * version.
 */
#ifndef FORGE_ABI_BASE_H_
#define FORGE_ABI_BASE_H_

#include <stddef.h>
#include <stdint.h>

/* Same major: compatible. A plugin built against a newer minor than the host's still loads, as long
 * as it uses only what FORGE_HAS_FIELD and get_interface() show to be there. docs/CHANGELOG-ABI.md
 * has one entry for every minor. */
#define FORGE_ABI_MAJOR 1
#define FORGE_ABI_MINOR 2

#ifdef __cplusplus
#define FORGE_ABI_BEGIN extern "C" {
#define FORGE_ABI_END }
#define FORGE_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define FORGE_ABI_BEGIN
#define FORGE_ABI_END
#define FORGE_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* The only symbol a plugin library exports carries this; everything else is hidden. */
#define FORGE_EXPORT __attribute__((visibility("default")))

/* True when `record`, as its writer compiled it, is long enough to hold `field`. */
#define FORGE_HAS_FIELD(record, type, field) \
  ((record)->struct_size >= offsetof(type, field) + sizeof(((type*)0)->field))

/* "No such index": absent optional weights, states and so on. */
#define FORGE_NONE 0xffffffffu

FORGE_ABI_BEGIN

/* UTF-8, not necessarily NUL-terminated. Borrowed: each slot says for how long. data may be NULL
 * when size is 0. */
typedef struct forge_string {
  const char* data;
  uint64_t size; /* bytes */
} forge_string;

FORGE_STATIC_ASSERT(sizeof(void*) == 8, "the plugin ABI is defined for 64-bit targets");
FORGE_STATIC_ASSERT(sizeof(forge_string) == 16, "forge_string is two words");

FORGE_ABI_END

#endif /* FORGE_ABI_BASE_H_ */
