// host/cli/numbers.hpp: numbers as people read them.
#ifndef FORGE_HOST_CLI_NUMBERS_HPP_
#define FORGE_HOST_CLI_NUMBERS_HPP_

#include <cstdint>
#include <string>

namespace forge::cli {

// "1,710,592".
std::string grouped(std::uint64_t number);

// "1.71 M": three digits and K, M, B or T (thousands, millions, billions, trillions); below 1000
// the number itself.
std::string short_count(std::uint64_t number);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_NUMBERS_HPP_
