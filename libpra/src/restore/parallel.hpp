#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stop_token>
#include <utility>

#include "base/cancel.hpp"
#include "base/worker_group.hpp"

namespace pra::restore {

/// Calls `body(context, number)` for every number below `count` on up to `workers` threads, each
/// with a context of its own from `make_context()`. Numbers are handed out in ascending order,
/// `step` at a time. The first exception, and a stop, end the loop and are thrown.
template <class MakeContext, class Body>
void parallel_for(std::size_t count, std::size_t step, unsigned workers,
                  const std::stop_token& stop, const MakeContext& make_context, const Body& body) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> ended = false;
  const auto run = [&] {
    auto context = make_context();
    while (!ended.load(std::memory_order_relaxed)) {
      const auto first = next.fetch_add(step, std::memory_order_relaxed);
      if (first >= count) return;
      for (auto number = first; number < std::min(count, first + step); ++number) {
        throw_if_stopped(stop);
        body(context, number);
      }
    }
  };
  const auto threads = std::min<std::size_t>(workers, (count + step - 1) / step);
  if (threads <= 1) return run();
  WorkerGroup group([&] { ended.store(true, std::memory_order_relaxed); });
  for (std::size_t i = 0; i < threads; ++i)
    group.start(run);
  group.join();
}

}  // namespace pra::restore
