#include "base/process_launch.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigprocmask
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/environment.hpp>
// Boost 1.81 forgets this part of it when it is used without its separate library.
#include <fmt/format.h>

#include <boost/process/v2/impl/environment.ipp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include "base/error.hpp"

namespace pra {

namespace {

namespace process = boost::process::v2;

/// What runs in the child between fork and exec.
struct ChildSetup {
  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*&) {
    ::setpgid(0, 0);
    // The host's descriptors are not the child's. (Boost closes only those above its own pipe.)
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    // What the host ignores or blocks is no wish of the child's.
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD, SIGALRM})
      ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    return {};
  }
  /// Boost would call exit(), which runs the host's own handlers in a copy of it. (It asks for the
  /// function with other arguments than it calls it with; hence any.)
  template <class... Arguments>
  void on_exec_error(Arguments&&...) {
    ::_exit(127);
  }
};

/// Descriptors 0 to 2 are the child's targets: a pipe end that had one of them would be
/// overwritten.
FileDescriptor above_standard(FileDescriptor descriptor) {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  FileDescriptor moved(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.is_open()) throw_errno("make a pipe for", "a child process", errno);
  return moved;
}

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("make a pipe for", "a child process", errno);
    FileDescriptor first(ends[0]);
    FileDescriptor second(ends[1]);
    reading = above_standard(std::move(first));
    writing = above_standard(std::move(second));
  }
};

FileDescriptor non_blocking(FileDescriptor descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK);
  return descriptor;
}

std::vector<std::string> child_environment(const ProcessRequest& request) {
  std::vector<std::string> out;
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string_view text(*item);
    if (!request.environment.contains(std::string(text.substr(0, text.find('=')))))
      out.emplace_back(text);
  }
  for (const auto& [name, value] : request.environment)
    out.push_back(fmt::format("{}={}", name, value));
  return out;
}

std::string find_program(const ProcessRequest& request) {
  const auto& program = request.command.front();
  if (program.find('/') != std::string::npos) return program;
  const auto own_path = request.environment.find("PATH");
  const char* inherited = std::getenv("PATH");
  const std::string path = own_path != request.environment.end() ? own_path->second
                           : inherited != nullptr                ? inherited
                                                                 : "/usr/local/bin:/usr/bin:/bin";
  int problem = ENOENT;
  for (std::string_view rest = path;;) {
    const auto folder = rest.substr(0, rest.find(':'));
    auto candidate = (folder.empty() ? "." : std::string(folder)) + '/' + program;
    struct stat status {};
    if (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
      problem = EACCES;
    }
    if (folder.size() == rest.size()) break;
    rest.remove_prefix(folder.size() + 1);
  }
  throw_errno("run", program, problem);
}

}  // namespace

LaunchedProcess launch_process(const ProcessRequest& request) {
  if (request.command.empty() || request.command.front().empty())
    throw Error(ErrorCode::kInvalidArgument, "run a program: none is named");
  struct stat place {};
  if (!request.directory.empty() && ::stat(request.directory.c_str(), &place) != 0)
    throw_errno("enter the working directory", request.directory, errno);
  const auto program = find_program(request);
  const std::vector<std::string> arguments(request.command.begin() + 1, request.command.end());
  const auto environment = child_environment(request);
  Pipe input;
  Pipe output;
  Pipe error_output;

  boost::asio::io_context context;
  process::posix::default_launcher launcher;
  process::error_code problem;
  process::process_stdio streams{input.reading.get(), output.writing.get(),
                                 error_output.writing.get()};
  process::process_environment variables(environment);
  process::process_start_dir directory(request.directory.empty() ? "." : request.directory);
  try {
    auto child = launcher(context.get_executor(), problem, program, arguments, streams, variables,
                          directory, ChildSetup{});
    // We wait for it ourselves; the object would kill it when it goes.
    if (!problem) child.detach();
  } catch (const boost::system::system_error&) {
    // The child runs; only its pidfd could not be had, which we can do without.
    if (launcher.pid <= 0) throw Error(ErrorCode::kFailed, "run " + printable(program));
  }
  if (problem) throw_errno("run", program, problem.value());
  return {launcher.pid, non_blocking(std::move(input.writing)),
          non_blocking(std::move(output.reading)), non_blocking(std::move(error_output.reading))};
}

}  // namespace pra
