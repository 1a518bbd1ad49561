#include "store/retry_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/units.hpp"

namespace pra::store {

namespace {

/// The waits of one request: each about twice the one before, between half and all of it by chance
/// so that clients that failed together do not come back together.
class BackOff {
 public:
  explicit BackOff(const RetryPolicy& policy) : policy_(policy), next_(policy.first_wait) {}

  [[nodiscard]] Duration next() {
    const Duration longest = std::min(next_, policy_.longest_wait);
    next_ = std::min(next_ * 2, policy_.longest_wait);
    std::uniform_int_distribution<std::int64_t> distribution(longest.count() / 2, longest.count());
    return Duration(distribution(random_));
  }

 private:
  const RetryPolicy& policy_;
  Duration next_;
  std::minstd_rand random_{std::random_device{}()};
};

class RetryStore final : public Store {
 public:
  RetryStore(StorePointer inner, RetryPolicy policy, std::shared_ptr<Clock> clock,
             std::shared_ptr<Logger> logger)
      : inner_(std::move(inner)),
        policy_(policy),
        clock_(std::move(clock)),
        logger_(std::move(logger)) {}

  [[nodiscard]] std::string location() const override { return inner_->location(); }
  [[nodiscard]] unsigned connections() const override { return inner_->connections(); }
  [[nodiscard]] bool is_local() const override { return inner_->is_local(); }

  bool exists(const std::stop_token& stop) override {
    return retry("look for", "", stop, [&](bool) { return inner_->exists(stop); });
  }
  void initialise(const std::stop_token& stop) override {
    retry("initialise", "", stop, [&](bool) { inner_->initialise(stop); });
  }
  void create(std::string_view name, ByteView content, const std::stop_token& stop) override {
    retry("create", name, stop, [&](bool again) {
      try {
        inner_->create(name, content, stop);
      } catch (const Error& error) {
        // The try before may have stored it although its answer was lost.
        if (!again || error.code() != ErrorCode::kAlreadyExists || !holds(name, content, stop))
          throw;
      }
    });
  }
  Buffer read(std::string_view name, const std::stop_token& stop) override {
    return retry("read", name, stop, [&](bool) { return inner_->read(name, stop); });
  }
  void read_range(std::string_view name, std::uint64_t offset, MutableByteView out,
                  const std::stop_token& stop) override {
    retry("read", name, stop, [&](bool) { inner_->read_range(name, offset, out, stop); });
  }
  std::uint64_t size(std::string_view name, const std::stop_token& stop) override {
    return retry("look at", name, stop, [&](bool) { return inner_->size(name, stop); });
  }
  void list(std::string_view prefix, const std::function<void(const Entry&)>& visit,
            const std::stop_token& stop) override {
    // Shown when it is whole: a listing that starts again must not show an object twice, and what
    // `visit` throws is not the store's failure.
    std::vector<Entry> entries;
    retry("list", prefix, stop, [&](bool) {
      entries.clear();
      inner_->list(
          prefix, [&](const Entry& entry) { entries.push_back(entry); }, stop);
    });
    for (const auto& entry : entries)
      visit(entry);
  }
  void remove(std::string_view name, const std::stop_token& stop) override {
    retry("remove", name, stop, [&](bool again) {
      try {
        inner_->remove(name, stop);
      } catch (const Error& error) {
        if (!again || error.code() != ErrorCode::kNotFound) throw;
      }
    });
  }

 private:
  [[nodiscard]] bool holds(std::string_view name, ByteView content, const std::stop_token& stop) {
    const auto present = inner_->read(name, stop);
    return std::equal(present.begin(), present.end(), content.begin(), content.end());
  }

  /// Calls `operation(false)`, and `operation(true)` for as long as it fails in passing.
  template <class Operation>
  auto retry(std::string_view what, std::string_view name, const std::stop_token& stop,
             const Operation& operation) -> decltype(operation(false)) {
    const Timestamp started = clock_->now();
    BackOff waits(policy_);
    for (bool again = false;; again = true) {
      try {
        return operation(again);
      } catch (const Error& error) {
        if (!error.retriable()) throw;
        const Duration wait = waits.next();
        const Duration spent = clock_->now().since(started);
        if (spent + wait > policy_.total)
          throw error.with_context(fmt::format("gave up after {}", format_duration(spent)));
        logger_->warning(fmt::format("{} {}{}{}: {}; trying again in {}", what,
                                     printable(inner_->location()), name.empty() ? "" : "/", name,
                                     error.what(), format_duration(wait)));
        if (!clock_->sleep(wait, stop)) throw_if_stopped(stop);
      }
    }
  }

  StorePointer inner_;
  RetryPolicy policy_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Logger> logger_;
};

}  // namespace

StorePointer make_retry_store(StorePointer inner, RetryPolicy policy, std::shared_ptr<Clock> clock,
                              std::shared_ptr<Logger> logger) {
  return std::make_shared<RetryStore>(std::move(inner), policy, std::move(clock),
                                      std::move(logger));
}

}  // namespace pra::store
