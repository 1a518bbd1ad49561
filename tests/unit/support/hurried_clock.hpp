#pragma once

#include <algorithm>
#include <memory>

#include "base/time.hpp"

namespace pra::test {

/// The system's time, but nobody waits longer than a millisecond.
class HurriedClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return inner_->now(); }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    return inner_->sleep(std::min<Duration>(duration, std::chrono::milliseconds(1)), stop);
  }

 private:
  std::shared_ptr<Clock> inner_ = system_clock();
};

}  // namespace pra::test
