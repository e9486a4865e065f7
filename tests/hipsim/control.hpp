// hipsim: what tests of it may ask besides HIP's own functions.
#ifndef FORGE_TESTS_HIPSIM_CONTROL_HPP_
#define FORGE_TESTS_HIPSIM_CONTROL_HPP_

#include <cstddef>
#include <string>

#include "tests/hipsim/lanes.hpp"

namespace hipsim {

// As if the process had just begun: reads the environment again; devices, memory, streams and
// handles are gone, registered kernels are not. No other call may be going on, hanging ones apart.
HIPSIM_API void reset();

// Streams of the first device that were made and not destroyed.
HIPSIM_API std::size_t n_streams();

// The last thing it complained about, "" if nothing: "kernel 'add': divergent barrier in ...".
HIPSIM_API std::string last_message();

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_CONTROL_HPP_
