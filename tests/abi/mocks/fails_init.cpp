// initialize() fails as it should: with a status and a sentence.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "fails-init",
    entry.initialize = [](const forge_host_v1* services, forge_message* message) -> forge_status {
      mock::host = services;
      mock::say(message, "the licence of the mock has run out");
      return FORGE_UNAVAILABLE;
    })
