/* A sound codec plugin in plain C11: the ABI needs no C++. */
#include <string.h>

#include "forge/abi/codec.h"
#include "forge/abi/plugin.h"

static void dequantize(const void* blocks, float* out, uint64_t n) {
  const unsigned char* bytes = blocks;
  for (uint64_t i = 0; i < n; ++i) out[i] = (float)bytes[i];
}

static const forge_codec_v1 codec = {.struct_size = sizeof(forge_codec_v1),
                                     .type = FORGE_TYPE_PRIVATE,
                                     .name = "GOOD_C",
                                     .block_elements = 1,
                                     .block_bytes = 1,
                                     .dequantize = dequantize};
static const forge_codec_v1* const list[] = {&codec};
static const forge_plugin_codecs_v1 codecs = {
    .struct_size = sizeof(forge_plugin_codecs_v1), .n_codecs = 1, .codecs = list};

static forge_status initialize(const forge_host_v1* host, forge_message* message) {
  (void)message;
  host->log(host->self, FORGE_LOG_DEBUG, (forge_string){"hello from C", 12});
  return FORGE_OK;
}

static const void* get_interface(const char* id) {
  return strcmp(id, FORGE_INTERFACE_CODECS_V1) == 0 ? &codecs : NULL;
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define SANITIZER "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define SANITIZER "thread"
#endif
#endif
#ifndef SANITIZER
#define SANITIZER ""
#endif

FORGE_EXPORT extern const forge_plugin_entry_v1 forge_plugin_entry;
const forge_plugin_entry_v1 forge_plugin_entry = {.struct_size = sizeof(forge_plugin_entry_v1),
                                                  .abi_major = FORGE_ABI_MAJOR,
                                                  .abi_minor = FORGE_ABI_MINOR,
                                                  .id = "good-codec",
                                                  .version = "1.0.0",
                                                  .build = "C11",
                                                  .sanitizer = SANITIZER,
                                                  .initialize = initialize,
                                                  .get_interface = get_interface};
