// An entry that ends before initialize().
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("short-struct", entry.struct_size = offsetof(forge_plugin_entry_v1, initialize))
