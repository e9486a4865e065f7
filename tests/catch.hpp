// tests/catch.hpp: Catch2, whichever major version the distribution has.
#ifndef FORGE_TESTS_CATCH_HPP_
#define FORGE_TESTS_CATCH_HPP_

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>  // IWYU pragma: export
using Catch::Approx;
#else
#include <catch2/catch.hpp>  // IWYU pragma: export
using Catch::Detail::Approx;
#endif

#endif  // FORGE_TESTS_CATCH_HPP_
