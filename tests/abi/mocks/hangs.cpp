// initialize() never comes back, and says so before.
#include <unistd.h>

#include <cstdio>

#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "hangs", entry.initialize = [](const forge_host_v1*, forge_message*) -> forge_status {
      std::fputs("waiting for a device\n", stderr);
      while (true) pause();
    })
