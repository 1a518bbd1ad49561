#include "signals.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace pra_host {

namespace {

constexpr int kInterrupted = 130;

/// A handler has no other way to know where to write.
std::atomic<int> signal_pipe = -1;
std::atomic<int> signal_count = 0;

void on_signal(int /*number*/) {
  if (signal_count.fetch_add(1) > 0) _exit(kInterrupted);
  const int saved = errno;
  const char byte = 's';
  if (write(signal_pipe, &byte, 1) != 1) _exit(kInterrupted);
  errno = saved;
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Signals::Signals(pra_context* context) {
  if (pipe2(pipe_, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "making a pipe for signals");
  signal_pipe = pipe_[1];
  thread_ = std::thread([context, from = pipe_[0]] {
    char byte = 0;
    ssize_t got = 0;
    while ((got = read(from, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (got == 1 && byte == 's') {
      static constexpr char kText[] = "\npra: stopping; a second signal ends it at once\n";
      static_cast<void>(!write(STDERR_FILENO, kText, sizeof kText - 1));
      pra_context_cancel(context);
    }
  });
  install(on_signal);
}

Signals::~Signals() {
  install(SIG_DFL);
  static_cast<void>(!write(pipe_[1], "e", 1));
  thread_.join();
  signal_pipe = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

}  // namespace pra_host
