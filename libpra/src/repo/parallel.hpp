#pragma once

#include <atomic>
#include <cstddef>

#include "base/worker_group.hpp"

namespace pra::repo {

/// Runs `body(i)` for every i below `count` on up to `threads` threads, the caller's among them
/// when one suffices. The first exception ends it and is thrown.
template <class Body>
void parallel_for(std::size_t count, std::size_t threads, Body&& body) {
  if (threads <= 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i)
      body(i);
    return;
  }
  std::atomic<std::size_t> next = 0;
  WorkerGroup group;
  for (std::size_t t = 0; t < threads && t < count; ++t)
    group.start([&] {
      for (std::size_t i = next++; i < count && !group.failed(); i = next++)
        body(i);
    });
  group.join();
}

}  // namespace pra::repo
