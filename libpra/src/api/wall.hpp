#pragma once

#include "api/error.hpp"

namespace pra::api {

/// The wall between C++ and C: no exception passes it. Every exported function that can fail is
/// `return wall([&] { … });`, every other one `return wall_or(fallback, [&] { … });` — a test reads
/// the sources to see that it is so.
template <class Body>
[[nodiscard]] pra_error* wall(Body&& body) noexcept {
  try {
    body();
    return nullptr;
  } catch (...) {
    return error_of_current_exception();
  }
}

/// For functions that return a value: `fallback` when there is none.
template <class Value, class Body>
[[nodiscard]] Value wall_or(Value fallback, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return fallback;
  }
}

/// For functions that return nothing, such as those that free.
template <class Body>
void wall_void(Body&& body) noexcept {
  try {
    body();
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody to tell.
  }
}

}  // namespace pra::api
