#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace pra::repo {

class Repository;

struct LockInfo {
  LockId id;
  Timestamp time;
  bool exclusive = false;
  std::string hostname;
  std::string username;
  std::int64_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

enum class LockMode { kShared, kExclusive };

/// Holds a lock of the repository until it is destroyed: check, write own, wait 200 ms, check
/// again. Refreshed every 5 minutes by a thread; when no refresh succeeded for 22.5 minutes
/// `lost()` is true and its stop token is requested. While one is held the process ignores SIGHUP,
/// which restic sends to see whether the holder lives (base/host.hpp, HangupGuard).
class Lock {
 public:
  /// Error(kLocked) naming the holder (who, where, since when, stale or not) and the way out, once
  /// `wait` has passed. Error(kPermissionDenied) where nothing can be written: an operation that
  /// only reads may go on without a lock then.
  Lock(Repository& repository, LockMode mode, Duration wait, const std::stop_token& stop);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  [[nodiscard]] bool lost() const;
  /// Requested when the lock is lost, and when the `stop` of the constructor is: what runs under
  /// the lock should run with this token.
  [[nodiscard]] std::stop_token stop_token() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// A shared lock for an operation that only reads; null, with a warning in the log, where the
/// repository cannot be written to.
[[nodiscard]] std::unique_ptr<Lock> lock_for_reading(Repository& repository, Duration wait,
                                                     const std::stop_token& stop);

/// The readable locks. `damaged` collects the names of the others.
[[nodiscard]] std::vector<LockInfo> list_locks(Repository& repository, const std::stop_token& stop,
                                               std::vector<std::string>* damaged = nullptr);
/// Older than 30 minutes, or of this host and its process is gone.
[[nodiscard]] bool is_stale(const LockInfo& lock, const Timestamp& now);
/// Removes stale locks, or all of them (damaged ones too); returns how many.
std::size_t remove_locks(Repository& repository, bool all, const std::stop_token& stop);

/// The JSON of a lock file.
[[nodiscard]] std::string encode_lock(const LockInfo& lock);
[[nodiscard]] LockInfo decode_lock(std::string_view text, const LockId& id);

}  // namespace pra::repo
