#pragma once

#include <pra/context.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "api/context.hpp"
#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/progress.hpp"
#include "ops/operation.hpp"

namespace pra::api {

/// One call of the API that takes long: its progress, told by a thread of its own every 100 ms, and
/// its cancellation, by the context or by the callback. The destructor tells the last state.
class Call {
 public:
  Call(pra_context& context, pra_progress_callback callback, void* user_data);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] Progress& progress() { return progress_; }
  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
  /// Held while a callback runs: one at a time.
  [[nodiscard]] std::mutex& callback_mutex() { return callback_mutex_; }

 private:
  void report_until_done();
  void report();

  Progress progress_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> on_context_;
  pra_progress_callback callback_;
  void* user_data_;
  std::chrono::steady_clock::time_point started_;
  std::mutex callback_mutex_;
  std::mutex done_mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  std::thread reporter_;
};

}  // namespace pra::api
