// Its manifest says architecture; the library has a codec only.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("no-interface", )
