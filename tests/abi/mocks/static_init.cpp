// A static initialiser with an instruction that the processor lacks, as compilers make them out of
// global objects in files built with -mavx512f: it runs while the library is opened.
#include "tests/abi/mocks/mock.hpp"

__attribute__((constructor)) static void initialise_tables() { std::raise(SIGILL); }

MOCK_CODEC_ENTRY(FORGE_MOCK_ID, )
