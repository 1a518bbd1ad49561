#pragma once

#include <cstdint>
#include <string>

namespace pra {

/// Who this process is, as locks, keys and snapshots name it.
struct HostIdentity {
  std::string hostname;  ///< Empty when the system does not tell.
  std::string username;  ///< Of the effective user; its number when it has no name.
  std::int64_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
[[nodiscard]] HostIdentity current_identity();

/// False when no process of this host has the id; sends no signal.
[[nodiscard]] bool process_exists(std::int64_t pid);

/// While one lives the process survives SIGHUP. A signal's disposition belongs to the whole
/// process, so this is counted process-wide; a handler that the program has set itself is left
/// alone, and child processes do not inherit anything. Safe for concurrent use.
class HangupGuard {
 public:
  HangupGuard();
  ~HangupGuard();
  HangupGuard(const HangupGuard&) = delete;
  HangupGuard& operator=(const HangupGuard&) = delete;
};

}  // namespace pra
