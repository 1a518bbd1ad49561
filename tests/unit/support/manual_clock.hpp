#pragma once

#include <mutex>
#include <vector>

#include "base/time.hpp"

namespace pra::test {

/// A clock whose time moves only when it is told to, or when somebody sleeps: nothing waits. It
/// keeps the waits that were asked for. Safe for concurrent use.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = {1'700'000'000, 0}) : now_(start) {}

  [[nodiscard]] Timestamp now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    const std::scoped_lock lock(mutex_);
    sleeps_.push_back(duration);
    now_ = now_.plus(duration);
    return true;
  }

  void advance(Duration duration) {
    const std::scoped_lock lock(mutex_);
    now_ = now_.plus(duration);
  }
  [[nodiscard]] std::vector<Duration> sleeps() const {
    const std::scoped_lock lock(mutex_);
    return sleeps_;
  }

 private:
  mutable std::mutex mutex_;
  Timestamp now_;
  std::vector<Duration> sleeps_;
};

}  // namespace pra::test
