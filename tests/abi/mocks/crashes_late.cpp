// Everything is well until shutdown().
#include "tests/abi/mocks/mock.hpp"
MOCK_CODEC_ENTRY("crashes-late", entry.shutdown = [] { std::raise(SIGBUS); })
