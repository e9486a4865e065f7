// The self-test finds a wrong result.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY(
    "fails-self-test", entry.self_test = [](forge_message* message) -> forge_status {
      mock::say(message, "2 + 2 is 5; expected 4");
      return FORGE_DATA_LOSS;
    })
