// The library says it is somebody else.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("somebody-else", )
