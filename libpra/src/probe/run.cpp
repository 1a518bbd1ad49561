#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/cancel.hpp"
#include "probe/checks.hpp"
#include "probe/probe.hpp"

namespace pra::probe {

namespace {

/// An attempt is given at least this long, also at the very end of a wait.
constexpr Duration kShortest = std::chrono::milliseconds(50);

using SteadyTime = std::chrono::steady_clock::time_point;

std::string_view kind_of(const Probe& probe) {
  static constexpr std::string_view kKinds[] = {"http", "tcp", "postgres", "command"};
  return kKinds[probe.check.index()];
}

Result attempt(const Probe& probe, Duration timeout, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  Result result;
  result.name = probe.name;
  result.kind = kind_of(probe);
  result.attempts = 1;
  try {
    auto finding =
        std::visit([&](const auto& what) { return check(what, timeout, stop); }, probe.check);
    result.healthy = finding.healthy;
    result.message = std::move(finding.message);
    result.values = std::move(finding.values);
  } catch (const Error& problem) {
    if (problem.code() == ErrorCode::kCancelled) throw;
    result.message = problem.what();
  }
  result.elapsed = std::chrono::steady_clock::now() - started;
  return result;
}

/// Repeats one probe until it is healthy or the deadline has passed.
Result wait_for(const Probe& probe, SteadyTime deadline, const std::stop_token& stop,
                const std::function<void(const Result&)>& seen) {
  const auto clock = system_clock();
  if (probe.initial_delay > Duration::zero()) clock->sleep(probe.initial_delay, stop);
  Duration pause = std::chrono::milliseconds(100);
  unsigned attempts = 0;
  int successes = 0;
  while (true) {
    throw_if_stopped(stop);
    const Duration left = deadline - std::chrono::steady_clock::now();
    const Duration limit = std::min(probe.timeout, std::max(left, kShortest));
    auto result = attempt(probe, limit, stop);
    result.attempts = ++attempts;
    successes = result.healthy ? successes + 1 : 0;
    if (seen) seen(result);
    if (successes >= probe.success_threshold) return result;
    const Duration remaining = deadline - std::chrono::steady_clock::now();
    if (remaining < kShortest) {
      if (result.healthy) {
        result.healthy = false;
        result.message = "healthy, but not yet as often in a row as success_threshold asks for";
      }
      return result;
    }
    // The last attempt begins early enough to end by the deadline.
    const Duration latest_start =
        std::max(remaining - std::max(probe.timeout, kShortest), kShortest / 2);
    clock->sleep(std::min(pause, latest_start), stop);
    pause = std::min(pause * 2, std::max(probe.period, kShortest));
  }
}

/// Runs `one(i)` for every probe at once and returns the results in order.
template <class Function>
std::vector<Result> in_parallel(std::size_t count, Function one) {
  std::vector<Result> results(count);
  std::vector<std::exception_ptr> failures(count);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        try {
          results[i] = one(i);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return results;
}

}  // namespace

Result run_once(const Probe& probe, const std::stop_token& stop) {
  return attempt(probe, probe.timeout, stop);
}

std::vector<Result> run_all(const std::vector<Probe>& probes, const std::stop_token& stop) {
  return in_parallel(probes.size(), [&](std::size_t i) { return run_once(probes[i], stop); });
}

std::vector<Result> wait_until_healthy(const std::vector<Probe>& probes, Duration deadline,
                                       const std::stop_token& stop,
                                       const std::function<void(const Result&)>& seen) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  std::mutex mutex;
  const auto report = [&](const Result& result) {
    if (!seen) return;
    const std::scoped_lock lock(mutex);
    seen(result);
  };
  return in_parallel(probes.size(),
                     [&](std::size_t i) { return wait_for(probes[i], end, stop, report); });
}

}  // namespace pra::probe
