// tests/hipsim/sanitizers.hpp: HIPSIM_ASAN and HIPSIM_TSAN are 1 under that sanitizer, whichever
// compiler it is.
#ifndef FORGE_TESTS_HIPSIM_SANITIZERS_HPP_
#define FORGE_TESTS_HIPSIM_SANITIZERS_HPP_

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define HIPSIM_ASAN 1
#else
#define HIPSIM_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define HIPSIM_TSAN 1
#else
#define HIPSIM_TSAN 0
#endif

#endif  // FORGE_TESTS_HIPSIM_SANITIZERS_HPP_
