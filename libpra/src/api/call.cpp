#include "api/call.hpp"

#include <chrono>

#include "base/error.hpp"

namespace pra::api {

namespace {
constexpr std::chrono::milliseconds kInterval{100};
}

Call::Call(pra_context& context, pra_progress_callback callback, void* user_data)
    : on_context_(context.stop_token(), [this] { stop_.request_stop(); }),
      callback_(callback),
      user_data_(user_data),
      started_(std::chrono::steady_clock::now()) {
  if (callback_ != nullptr) reporter_ = std::thread([this] { report_until_done(); });
}

Call::~Call() {
  if (!reporter_.joinable()) return;
  {
    const std::scoped_lock lock(done_mutex_);
    done_ = true;
  }
  done_changed_.notify_one();
  reporter_.join();
}

void Call::report_until_done() {
  std::unique_lock lock(done_mutex_);
  while (!done_) {
    done_changed_.wait_for(lock, kInterval, [&] { return done_; });
    lock.unlock();
    report();
    lock.lock();
  }
}

void Call::report() {
  const auto view = progress_.view();
  const auto current = printable(view.current);
  const pra_progress state{
      .size = sizeof(pra_progress),
      .phase = view.phase.c_str(),
      .current = current.c_str(),
      .items_done = view.items_done,
      .items_total = view.items_total,
      .bytes_done = view.bytes_done,
      .bytes_total = view.bytes_total,
      .problems = view.problems,
      .elapsed_seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count()};
  const std::scoped_lock lock(callback_mutex_);
  if (callback_(&state, user_data_) != 0) stop_.request_stop();
}

}  // namespace pra::api
