#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/error.hpp"
#include "base/time.hpp"

namespace pra::probe {

/// Calls `body` and returns what it returns, or throws what it throws, but waits no longer than
/// `limit`: then Error(kTimeout), and Error(kCancelled) on `stop`. Name resolution cannot be given
/// a deadline, so the call runs on a thread of its own that is left behind when it is late; `body`
/// must own all that it uses. It is told through its stop token that nobody waits any more.
template <class Value>
[[nodiscard]] Value call_with_deadline(std::function<Value(const std::stop_token&)> body,
                                       Duration limit, const std::stop_token& stop) {
  struct State {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::optional<Value> value;
    std::exception_ptr failure;
    std::stop_source abandoned;
  };
  const auto state = std::make_shared<State>();
  std::thread([state, body = std::move(body)] {
    std::optional<Value> value;
    std::exception_ptr failure;
    try {
      value.emplace(body(state->abandoned.get_token()));
    } catch (...) {
      failure = std::current_exception();
    }
    const std::scoped_lock lock(state->mutex);
    state->value = std::move(value);
    state->failure = std::move(failure);
    state->changed.notify_all();
  }).detach();

  std::unique_lock lock(state->mutex);
  state->changed.wait_for(lock, stop, limit, [&] { return state->value || state->failure; });
  if (state->failure) std::rethrow_exception(state->failure);
  if (state->value) return std::move(*state->value);
  state->abandoned.request_stop();
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "interrupted by the caller");
  throw Error(ErrorCode::kTimeout, "no answer in time");
}

}  // namespace pra::probe
