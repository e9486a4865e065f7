// initialize() ends the process, with the exit code of success.
#include <cstdlib>

#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "exits",
    entry.initialize = [](const forge_host_v1*, forge_message*) -> forge_status { std::exit(0); })
