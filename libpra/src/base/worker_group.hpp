#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pra {

/// A set of threads that fail together: the first exception is kept, `on_failure` is called once
/// (to close queues so that the others end), and `join` rethrows it. Every thread is joined before
/// the destructor returns.
class WorkerGroup {
 public:
  explicit WorkerGroup(std::function<void()> on_failure = {})
      : on_failure_(std::move(on_failure)) {}
  ~WorkerGroup() { join_all(); }
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  void start(std::function<void()> body) {
    threads_.emplace_back([this, body = std::move(body)] {
      try {
        body();
      } catch (...) {
        fail(std::current_exception());
      }
    });
  }

  /// Records a failure from any thread; only the first is kept.
  void fail(std::exception_ptr failure) {
    {
      const std::scoped_lock lock(mutex_);
      if (failure_) return;
      failure_ = std::move(failure);
    }
    failed_.store(true, std::memory_order_release);
    if (on_failure_) on_failure_();
  }

  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }

  /// Waits for every thread, then throws the first failure if there was one.
  void join() {
    join_all();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void join_all() {
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
  }

  std::function<void()> on_failure_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::atomic<bool> failed_ = false;
  std::vector<std::thread> threads_;
};

/// Threads worth having for work that is bound by the processor: the cores this process may use
/// (affinity respected), at least 1.
[[nodiscard]] unsigned usable_cores();

}  // namespace pra
