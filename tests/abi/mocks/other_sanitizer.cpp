// Says it was built with a sanitizer that no build of this project has.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("other-sanitizer", entry.sanitizer = "memory")
