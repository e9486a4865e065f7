// A segmentation fault in initialize().
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "crashes", entry.initialize = [](const forge_host_v1*, forge_message*) -> forge_status {
      return std::raise(SIGSEGV);
    })
