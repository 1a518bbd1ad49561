#include "base/host.hpp"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <vector>

namespace pra {

namespace {

std::string user_name(uid_t uid) {
  std::vector<char> room(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(uid);
}

/// A disposition is state of the process: this is the one place that counts who needs it changed.
struct HangupState {
  std::mutex mutex;
  int holders = 0;
  bool replaced = false;
  struct sigaction before {};
};

HangupState& hangup_state() {
  static HangupState state;
  return state;
}

}  // namespace

HostIdentity current_identity() {
  HostIdentity identity;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) identity.hostname = name.data();
  identity.uid = geteuid();
  identity.gid = getegid();
  identity.pid = getpid();
  identity.username = user_name(identity.uid);
  return identity;
}

bool process_exists(std::int64_t pid) {
  if (pid <= 0 || pid > INT32_MAX) return false;
  return kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH;
}

HangupGuard::HangupGuard() {
  HangupState& state = hangup_state();
  const std::scoped_lock lock(state.mutex);
  if (state.holders++ > 0) return;
  struct sigaction ours {};
  // A handler, not SIG_IGN: exec resets it, so that children react to SIGHUP as ever.
  ours.sa_handler = [](int) {};
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  state.replaced = sigaction(SIGHUP, nullptr, &state.before) == 0 &&
                   state.before.sa_handler == SIG_DFL && sigaction(SIGHUP, &ours, nullptr) == 0;
}

HangupGuard::~HangupGuard() {
  HangupState& state = hangup_state();
  const std::scoped_lock lock(state.mutex);
  if (--state.holders == 0 && state.replaced) sigaction(SIGHUP, &state.before, nullptr);
}

}  // namespace pra
