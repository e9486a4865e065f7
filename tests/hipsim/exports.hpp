// hipsim: declares the functions that HIP's users call, so that a definition with another signature
// does not compile. For the files that define them.
#ifndef FORGE_TESTS_HIPSIM_EXPORTS_HPP_
#define FORGE_TESTS_HIPSIM_EXPORTS_HPP_

#include "plugins/hip/runtime/hip_types.hpp"
#include "tests/hipsim/lanes.hpp"

using namespace forge::hip;  // NOLINT(google-build-using-namespace): C's functions, HIP's names

#define HIPSIM_DECLARE(result, name, parameters) extern "C" HIPSIM_API result name parameters;
FORGE_HIP_FUNCTIONS(HIPSIM_DECLARE)
#undef HIPSIM_DECLARE

#endif  // FORGE_TESTS_HIPSIM_EXPORTS_HPP_
