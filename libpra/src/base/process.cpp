#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigtimedwait
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/cancel.hpp"
#include "base/directory.hpp"
#include "base/error.hpp"
#include "base/process_launch.hpp"

namespace pra {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// Between SIGTERM and SIGKILL.
constexpr auto kGrace = std::chrono::seconds(2);

/// A child that ended while we write to it must not end us: SIGPIPE is held back in this thread and
/// taken out again, so that the host's own handling of it stays as it is.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    const struct timespec none {};
    if (!was_pending_)
      while (sigtimedwait(&sigpipe_, nullptr, &none) < 0 && errno == EINTR) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

/// A running child; whoever leaves early (an exception) ends its whole group.
class Child {
 public:
  explicit Child(pid_t pid)
      : pid_(pid), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (reaped_) return;
    signal_group(SIGTERM);
    const auto limit = SteadyClock::now() + kGrace;
    while (!has_ended() && SteadyClock::now() < limit) {
      struct pollfd item {
        descriptor_.get(), POLLIN, 0
      };
      ::poll(&item, 1, 20);
    }
    signal_group(SIGKILL);
    (void)reap();
  }

  /// Readable once it ended; negative where the kernel has no such thing.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

  void signal_group(int signal) const {
    ::kill(-pid_, signal);
    if (signal == SIGTERM) ::kill(-pid_, SIGCONT);  // One that is stopped must see it too.
  }

  /// Does not reap: until then neither its id nor its group's can be anybody else's.
  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
      return errno != EINTR;
    return info.si_pid == pid_;
  }

  /// The status of waitpid.
  [[nodiscard]] int reap() {
    int status = 0;
    pid_t result = 0;
    do {
      result = ::waitpid(pid_, &status, 0);
    } while (result < 0 && errno == EINTR);
    reaped_ = true;
    return result == pid_ ? status : -1;
  }

 private:
  pid_t pid_;
  FileDescriptor descriptor_;
  bool reaped_ = false;
};

/// Moves bytes between the caller and a child until it ends, is out of time, or is stopped.
class Conversation {
 public:
  Conversation(const ProcessRequest& request, LaunchedProcess launched, const std::stop_token& stop)
      : request_(request),
        stop_(stop),
        child_(launched.pid),
        input_(std::move(launched.input)),
        output_(std::move(launched.output)),
        error_output_(std::move(launched.error_output)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        on_stop_(stop, [this] { ::eventfd_write(wake_.get(), 1); }) {
    if (request.timeout > Duration::zero()) deadline_ = SteadyClock::now() + request.timeout;
    if (request.input.empty()) input_ = {};
  }

  ProcessResult run() {
    while (!child_.has_ended()) {
      wait();
      end_when_due();
    }
    drain(output_, [this](ByteView bytes) { take_output(bytes); });
    drain(error_output_, [this](ByteView bytes) { keep(result_.error_output, bytes); });
    if (ending_) child_.signal_group(SIGKILL);
    const int status = child_.reap();
    if (ending_ && !result_.timed_out) throw_if_stopped(stop_);
    if (status == -1)
      throw Error(ErrorCode::kFailed,
                  "wait for " + printable(request_.command.front()) + ": its status was taken away",
                  "the host program must not ignore SIGCHLD or wait for children it did not start");
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return std::move(result_);
  }

 private:
  void wait() {
    std::array<struct pollfd, 5> items{{{input_.get(), POLLOUT, 0},
                                        {output_.get(), POLLIN, 0},
                                        {error_output_.get(), POLLIN, 0},
                                        {child_.descriptor(), POLLIN, 0},
                                        {stop_seen_ ? -1 : wake_.get(), POLLIN, 0}}};
    const int count = ::poll(items.data(), items.size(), milliseconds_to_wait());
    if (count < 0 && errno != EINTR) throw_errno("wait for", request_.command.front(), errno);
    if (count <= 0) return;
    if (items[0].revents != 0) write_input();
    if (items[1].revents != 0) read_once(output_, [this](ByteView bytes) { take_output(bytes); });
    if (items[2].revents != 0)
      read_once(error_output_, [this](ByteView bytes) { keep(result_.error_output, bytes); });
  }

  [[nodiscard]] int milliseconds_to_wait() const {
    auto until = SteadyClock::time_point::max();
    if (deadline_ && !ending_) until = *deadline_;
    if (ending_ && !killed_) until = kill_at_;
    // Without a descriptor for the child nothing tells of its end.
    std::int64_t longest = child_.descriptor() >= 0 ? 60'000 : 10;
    if (until != SteadyClock::time_point::max())
      longest = std::min<std::int64_t>(
          longest,
          std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count());
    return static_cast<int>(std::max<std::int64_t>(0, longest));
  }

  void end_when_due() {
    const auto now = SteadyClock::now();
    if (stop_.stop_requested()) stop_seen_ = true;
    if (!ending_ && (stop_seen_ || (deadline_ && now >= *deadline_))) {
      ending_ = true;
      result_.timed_out = !stop_seen_;
      kill_at_ = now + kGrace;
      child_.signal_group(SIGTERM);
    } else if (ending_ && !killed_ && now >= kill_at_) {
      killed_ = true;
      child_.signal_group(SIGKILL);
    }
  }

  void write_input() {
    const ssize_t count =
        ::write(input_.get(), request_.input.data() + written_, request_.input.size() - written_);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A program may end without reading everything: that is its business.
    if (count > 0) written_ += static_cast<std::size_t>(count);
    if (count < 0 || written_ == request_.input.size()) input_ = {};
  }

  /// Reads what is there, at most `limit` bytes; returns their number, 0 when there is nothing now.
  template <class Take>
  std::size_t read_once(FileDescriptor& from, const Take& take, std::size_t limit = 64 << 10) {
    buffer_.resize(64 << 10);
    const ssize_t count = ::read(from.get(), buffer_.data(), std::min(limit, buffer_.size()));
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count <= 0) {
      from = {};
      return 0;
    }
    take(ByteView(buffer_).first(static_cast<std::size_t>(count)));
    return static_cast<std::size_t>(count);
  }

  /// What the child wrote before it ended; what others, who may hold the pipe for ever, write later
  /// is not waited for.
  template <class Take>
  void drain(FileDescriptor& from, const Take& take) {
    int available = 0;
    if (!from.is_open() || ::ioctl(from.get(), FIONREAD, &available) != 0) return;
    for (auto left = static_cast<std::size_t>(available); left > 0;) {
      const std::size_t count = read_once(from, take, left);
      if (count == 0) return;
      left -= count;
    }
  }

  void take_output(ByteView bytes) {
    if (request_.on_output)
      request_.on_output(bytes);
    else
      keep(result_.output, bytes);
  }

  void keep(std::string& out, ByteView bytes) const {
    const std::size_t room = request_.output_limit - std::min(request_.output_limit, out.size());
    out += as_text(bytes.first(std::min(room, bytes.size())));
  }

  const ProcessRequest& request_;
  const std::stop_token& stop_;
  SigpipeBlock sigpipe_;
  Child child_;
  FileDescriptor input_;
  FileDescriptor output_;
  FileDescriptor error_output_;
  FileDescriptor wake_;
  std::optional<SteadyClock::time_point> deadline_;
  SteadyClock::time_point kill_at_;
  bool ending_ = false;
  bool killed_ = false;
  bool stop_seen_ = false;
  std::size_t written_ = 0;
  Buffer buffer_;
  ProcessResult result_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

ProcessResult run_process(const ProcessRequest& request, const std::stop_token& stop) {
  throw_if_stopped(stop);
  return Conversation(request, launch_process(request), stop).run();
}

}  // namespace pra
