#pragma once

#include <stop_token>

#include "base/error.hpp"

namespace pra {

/// Throws Error(kCancelled) when the caller asked to stop. Called between units of work.
inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "interrupted by the caller");
}

}  // namespace pra
