#include "repo/lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/host.hpp"
#include "base/units.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSettle = 200ms;
constexpr Duration kRefresh = 5min;
constexpr Duration kRetryRefresh = 30s;
constexpr Duration kLost = 22min + 30s;
/// The wall clock is looked at this often: a sleeping machine must notice that its lock is too old.
constexpr Duration kPoll = 1s;
constexpr Duration kFirstWait = 1s;
constexpr Duration kLongestWait = 60s;
constexpr int kReadAttempts = 4;

std::string describe(const LockInfo& lock, const Timestamp& now) {
  return fmt::format("{} (process {}) on {}, {}since {} ({} ago)", printable(lock.username),
                     lock.pid, printable(lock.hostname), lock.exclusive ? "exclusively " : "",
                     format_local(lock.time),
                     format_duration(std::max(Duration::zero(), now.since(lock.time))));
}

Error locked_error(const Repository& repository, const LockInfo& holder) {
  const Timestamp now = repository.clock().now();
  const bool stale = is_stale(holder, now);
  return {ErrorCode::kLocked,
          fmt::format("{} is locked by {}{}", repository.location(), describe(holder, now),
                      stale ? "; the lock is stale" : ""),
          stale ? "run `pra unlock`, which removes stale locks"
                : "wait until it has finished, or give a time to wait for the lock"};
}

}  // namespace

struct Lock::Implementation {
  Implementation(Repository& given, LockMode chosen, const std::stop_token& stop)
      : repository(given), mode(chosen), forward(stop, Forward{source}) {}

  ~Implementation() {
    refresher.request_stop();
    if (refresher.joinable()) refresher.join();
    if (entered) repository.leave_locked();
    if (!own) return;
    try {
      remove(*own);
    } catch (const Error& error) {
      repository.logger().warning(fmt::format("a lock is left behind: {}", error.what()));
    }
  }

  void acquire(Duration wait) {
    const Timestamp started = repository.clock().now();
    for (Duration pause = kFirstWait;; pause = std::min(2 * pause, kLongestWait)) {
      auto holder = try_acquire();
      if (!holder) break;
      const Duration left = wait - repository.clock().now().since(started);
      if (left <= Duration::zero()) throw locked_error(repository, *holder);
      repository.clock().sleep(std::min(pause, left), source.get_token());
      throw_if_stopped(source.get_token());
    }
    repository.enter_locked();
    entered = true;
    refresher = std::jthread([this](const std::stop_token& ended) { keep_fresh(ended); });
  }

  [[nodiscard]] std::stop_token token() const { return source.get_token(); }
  [[nodiscard]] bool lost() const { return is_lost.load(); }

 private:
  struct Forward {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  /// The lock that is in the way; nothing when ours is held now.
  [[nodiscard]] std::optional<LockInfo> try_acquire() {
    if (auto other = find_conflict()) return other;
    own = write_own();
    repository.clock().sleep(kSettle, token());
    throw_if_stopped(token());  // the destructor removes what was written
    auto other = find_conflict();
    if (other) release();
    return other;
  }

  [[nodiscard]] std::optional<LockInfo> find_conflict() {
    Duration pause = kSettle;
    for (int attempt = 1;; ++attempt, pause *= 2) {
      std::vector<std::string> damaged;
      for (LockInfo& lock : list_locks(repository, token(), &damaged)) {
        if (own && lock.id == *own) continue;
        if (lock.exclusive || mode == LockMode::kExclusive) return std::move(lock);
      }
      if (damaged.empty()) return std::nullopt;
      // It may just be arriving.
      if (attempt == kReadAttempts)
        throw Error(ErrorCode::kLocked,
                    fmt::format("a lock of {} cannot be read: {}", repository.location(),
                                object_name(FileKind::kLock, damaged.front())),
                    "make sure that nobody uses the repository and run `pra unlock --all`");
      repository.clock().sleep(pause, token());
      throw_if_stopped(token());
    }
  }

  [[nodiscard]] LockId write_own() {
    const HostIdentity self = current_identity();
    LockInfo lock;
    lock.time = repository.clock().now();
    lock.exclusive = mode == LockMode::kExclusive;
    lock.hostname = self.hostname;
    lock.username = self.username;
    lock.pid = self.pid;
    lock.uid = self.uid;
    lock.gid = self.gid;
    written = lock.time;
    return LockId::from(repository.write_file(FileKind::kLock, encode_lock(lock), token()));
  }

  /// Also after the token was stopped: a lock must not stay behind.
  void remove(const LockId& id) {
    try {
      repository.remove_file(FileKind::kLock, id.hex(), {});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
    }
  }

  void release() {
    const LockId id = *own;
    own.reset();
    remove(id);
  }

  void keep_fresh(const std::stop_token& ended) {
    Timestamp refreshed = written;
    Timestamp tried = refreshed;
    while (repository.clock().sleep(kPoll, ended)) {
      const Timestamp now = repository.clock().now();
      // A clock that was set back must not keep the lock from being refreshed.
      const bool due = now.since(refreshed) >= kRefresh || now < refreshed;
      if (!due || (now >= tried && now.since(tried) < kRetryRefresh)) continue;
      tried = now;
      const bool late = now.since(refreshed) >= kLost;
      if (refresh(late, ended)) {
        refreshed = now;
      } else if (late) {
        is_lost.store(true);
        repository.logger().error("the repository's lock could not be refreshed in time");
        source.request_stop();
        return;
      }
    }
  }

  /// `late`: others may have taken the lock for stale and removed it, then it is lost.
  [[nodiscard]] bool refresh(bool late, const std::stop_token& ended) {
    std::optional<LockId> next;
    try {
      if (late && !still_there(*own)) return false;
      const LockId old = *own;
      next = write_own();
      if (late) {
        repository.clock().sleep(kSettle, ended);
        if (!still_there(old)) {
          remove(*next);
          return false;
        }
      }
      own = next;
      remove(old);
      return true;
    } catch (const Error& error) {
      repository.logger().warning(fmt::format("the lock is not refreshed: {}", error.what()));
      // Written, and the old one could not be removed: it counts.
      return next && own == next;
    }
  }

  [[nodiscard]] bool still_there(const LockId& id) {
    const auto files = repository.list_files(FileKind::kLock, {});
    return std::any_of(files.begin(), files.end(),
                       [&](const Repository::Listed& file) { return file.hex == id.hex(); });
  }

  Repository& repository;
  const LockMode mode;
  HangupGuard hangup;
  std::stop_source source;
  std::stop_callback<Forward> forward;
  std::optional<LockId> own;
  Timestamp written;
  bool entered = false;
  std::atomic<bool> is_lost = false;
  std::jthread refresher;
};

Lock::Lock(Repository& repository, LockMode mode, Duration wait, const std::stop_token& stop)
    : implementation_(std::make_unique<Implementation>(repository, mode, stop)) {
  implementation_->acquire(wait);
}
Lock::~Lock() = default;

bool Lock::lost() const {
  return implementation_->lost();
}
std::stop_token Lock::stop_token() const {
  return implementation_->token();
}

std::unique_ptr<Lock> lock_for_reading(Repository& repository, Duration wait,
                                       const std::stop_token& stop) {
  try {
    return std::make_unique<Lock>(repository, LockMode::kShared, wait, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPermissionDenied) throw;
    repository.logger().warning(
        fmt::format("{} cannot be written to: it is read without a lock", repository.location()));
    return nullptr;
  }
}

}  // namespace pra::repo
