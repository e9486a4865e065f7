// Its manifest says ABI 1.0; the library was compiled for another major.
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("old-major", entry.abi_major = 0; entry.abi_minor = 9)
