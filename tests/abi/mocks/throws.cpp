// An exception leaves initialize().
#include <stdexcept>

#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "throws", entry.initialize = [](const forge_host_v1*, forge_message*) -> forge_status {
      throw std::runtime_error("boom");
    })
