// core/base/guard.hpp: where exceptions stop.
//
// core's functions answer with Status and Result, but allocations and libraries throw. A public
// function that can meet one wraps its body: return guarded([&]() -> Result<T> { ... });
#ifndef FORGE_CORE_BASE_GUARD_HPP_
#define FORGE_CORE_BASE_GUARD_HPP_

#include <exception>
#include <new>
#include <utility>

#include "forge/sdk/status.hpp"

namespace forge {

// What body() returns (Status or Result<T>), or the Status for what it threw: kResourceExhausted
// for a failed allocation, kInternal for anything else.
template <class Body>
auto guarded(Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return resource_exhausted("out of memory");
  } catch (const std::exception& e) {
    return internal_error(e.what());
  } catch (...) {
    return internal_error("an exception of unknown type");
  }
}

}  // namespace forge

#endif  // FORGE_CORE_BASE_GUARD_HPP_
