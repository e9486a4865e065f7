// forge/sdk/build.hpp: what this translation unit is compiled with, as forge_plugin_entry_v1 says
// it.
#ifndef FORGE_SDK_BUILD_HPP_
#define FORGE_SDK_BUILD_HPP_

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FORGE_SDK_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define FORGE_SDK_SANITIZER "thread"
#endif
#endif
#if !defined(FORGE_SDK_SANITIZER)
#if defined(__SANITIZE_ADDRESS__)
#define FORGE_SDK_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define FORGE_SDK_SANITIZER "thread"
#else
#define FORGE_SDK_SANITIZER ""
#endif
#endif

#if defined(__clang__)
#define FORGE_SDK_COMPILER __VERSION__
#else
#define FORGE_SDK_COMPILER "GCC " __VERSION__
#endif

namespace forge::sdk {

// "", "address" or "thread". Host and plugin must agree: one process has one sanitizer runtime.
inline constexpr char kSanitizer[] = FORGE_SDK_SANITIZER;

// Compiler and its version, for bug reports.
inline constexpr char kCompiler[] = FORGE_SDK_COMPILER;

}  // namespace forge::sdk

#endif  // FORGE_SDK_BUILD_HPP_
