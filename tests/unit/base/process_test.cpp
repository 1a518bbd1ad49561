#include "base/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

ProcessRequest program(std::vector<std::string> command) {
  ProcessRequest request;
  request.command = std::move(command);
  request.timeout = 120s;
  return request;
}

ProcessRequest shell(const std::string& script) {
  return program({"/bin/sh", "-c", script});
}

ProcessResult run(const ProcessRequest& request) {
  return run_process(request, {});
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

/// Waits until a process that was signalled is gone.
bool ends_soon(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(stat, line);
    if (line.empty() || line.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

pid_t read_pid(const std::string& path) {
  for (int i = 0; i < 500; ++i) {
    pid_t pid = 0;
    if (std::ifstream(path) >> pid) return pid;
    std::this_thread::sleep_for(10ms);
  }
  return 0;
}

}  // namespace

TEST_CASE("output, errors and exit codes") {
  const auto result = run(shell("echo out; echo err >&2; exit 7"));
  CHECK(result.output == "out\n");
  CHECK(result.error_output == "err\n");
  CHECK(result.exit_code == 7);
  CHECK(result.signal == 0);
  CHECK_FALSE(result.timed_out);
  CHECK(run(shell("exit 0")).exit_code == 0);
}

TEST_CASE("no shell is involved, and PATH is searched") {
  const auto result = run(program({"printf", "%s|", "a b", "$HOME", "'x'", ""}));
  CHECK(result.output == "a b|$HOME|'x'||");
}

TEST_CASE("a signal that ends the child is told") {
  const auto result = run(shell("kill -USR1 $$"));
  CHECK(result.exit_code == -1);
  CHECK(result.signal == SIGUSR1);
}

TEST_CASE("what cannot be run is told at once") {
  CHECK(code_of([] { (void)run(program({"no-such-program-anywhere"})); }) == ErrorCode::kNotFound);
  CHECK(code_of([] { (void)run(program({"/no/such/program"})); }) == ErrorCode::kNotFound);
  CHECK(code_of([] { (void)run(program({})); }) == ErrorCode::kInvalidArgument);
  CHECK(code_of([] { (void)run(program({""})); }) == ErrorCode::kInvalidArgument);
  const TemporaryDirectory place;
  std::ofstream(place / "data") << "not a program";
  CHECK(code_of([&] { (void)run(program({place / "data"})); }) == ErrorCode::kPermissionDenied);
  std::filesystem::permissions(place / "data", std::filesystem::perms::owner_all);
  CHECK(code_of([&] { (void)run(program({place / "data"})); }).has_value());
  auto request = shell("true");
  request.directory = place / "none";
  CHECK(words_of([&] { (void)run(request); }).find("working directory") != std::string::npos);
}

TEST_CASE("a failed start does not run the host's exit handlers in the child") {
  static std::string marker;
  const TemporaryDirectory place;
  marker = place / "ran";
  static const bool kRegistered = [] {
    std::atexit([] {
      if (std::filesystem::exists(std::filesystem::path(marker).parent_path()))
        std::ofstream(marker) << "ran";
    });
    return true;
  }();
  CHECK(kRegistered);
  std::ofstream(place / "data") << "not a program";
  std::filesystem::permissions(place / "data", std::filesystem::perms::owner_all);
  CHECK(code_of([&] { (void)run(program({place / "data"})); }).has_value());
  CHECK_FALSE(std::filesystem::exists(marker));
}

TEST_CASE("the environment is the caller's and what is added") {
  ::setenv("PRA_TEST_INHERITED", "from the host", 1);
  ::setenv("PRA_TEST_CHANGED", "old", 1);
  auto request = shell("echo $PRA_TEST_INHERITED,$PRA_TEST_CHANGED,$PRA_TEST_NEW");
  request.environment = {{"PRA_TEST_CHANGED", "new"}, {"PRA_TEST_NEW", "1=2"}};
  CHECK(run(request).output == "from the host,new,1=2\n");
  CHECK(std::string(std::getenv("PRA_TEST_CHANGED")) == "old");
}

TEST_CASE("the working directory") {
  const TemporaryDirectory place;
  auto request = shell("pwd -P");
  request.directory = place.path();
  CHECK(run(request).output == std::filesystem::canonical(place.path()).string() + "\n");
}

TEST_CASE("large input and output cross without a deadlock") {
  auto request = shell("tee /dev/stderr");
  request.input = std::string(5'000'000, 'x') + "end";
  request.output_limit = 10'000'000;
  const auto result = run(request);
  CHECK(result.output == request.input);
  CHECK(result.error_output == request.input);
}

TEST_CASE("input that nobody reads is no failure and no SIGPIPE") {
  auto request = shell("exec 0<&-; exit 3");
  request.input = std::string(5'000'000, 'x');
  CHECK(run(request).exit_code == 3);
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("without input the child reads an end") {
  CHECK(run(program({"cat"})).exit_code == 0);
}

TEST_CASE("no more than the limit is kept, and the child is not held up") {
  auto request = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 4");
  request.output_limit = 1000;
  const auto result = run(request);
  CHECK(result.output.size() == 1000);
  CHECK(result.error_output.size() == 1000);
  CHECK(result.exit_code == 4);
}

TEST_CASE("output in pieces, as it comes") {
  auto request = shell("head -c 3000000 /dev/zero; echo done >&2");
  std::size_t bytes = 0;
  request.on_output = [&](ByteView piece) { bytes += piece.size(); };
  const auto result = run(request);
  CHECK(bytes == 3'000'000);
  CHECK(result.output.empty());
  CHECK(result.error_output == "done\n");
}

TEST_CASE("whoever takes the output may fail: the child is ended") {
  const TemporaryDirectory place;
  auto request = shell("echo $$ > pid; echo x; sleep 100");
  request.directory = place.path();
  request.on_output = [](ByteView) { throw Error(ErrorCode::kNoSpace, "the store is full"); };
  const auto started = SteadyClock::now();
  CHECK(code_of([&] { (void)run(request); }) == ErrorCode::kNoSpace);
  CHECK(SteadyClock::now() - started < 20s);
  CHECK(ends_soon(read_pid(place / "pid")));
}

TEST_CASE("time runs out: the whole group is ended") {
  const TemporaryDirectory place;
  auto request = shell("sleep 100 & echo $! > pid; wait");
  request.directory = place.path();
  request.timeout = 300ms;
  const auto started = SteadyClock::now();
  const auto result = run(request);
  const auto spent = SteadyClock::now() - started;
  CHECK(result.timed_out);
  CHECK(result.exit_code == -1);
  CHECK(result.signal == SIGTERM);
  CHECK(spent >= 300ms);
  CHECK(spent < 2s);
  CHECK(ends_soon(read_pid(place / "pid")));
}

TEST_CASE("one that ignores SIGTERM is killed two seconds later") {
  auto request = shell("trap '' TERM; while :; do sleep 0.1; done");
  request.timeout = 200ms;
  const auto started = SteadyClock::now();
  const auto result = run(request);
  const auto spent = SteadyClock::now() - started;
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(spent >= 2200ms);
  CHECK(spent < 10s);
}

TEST_CASE("one that ends by itself on SIGTERM has still run out of time") {
  auto request = shell("trap 'exit 5' TERM; while :; do sleep 0.05; done");
  request.timeout = 200ms;
  const auto result = run(request);
  CHECK(result.timed_out);
  CHECK(result.exit_code == 5);
}

TEST_CASE("a stop ends the group and is an error") {
  const TemporaryDirectory place;
  auto request = shell("sleep 100 & echo $! > pid; wait");
  request.directory = place.path();
  std::stop_source source;
  std::thread stopper([&] {
    (void)read_pid(place / "pid");
    source.request_stop();
  });
  const auto started = SteadyClock::now();
  CHECK(code_of([&] { (void)run_process(request, source.get_token()); }) == ErrorCode::kCancelled);
  CHECK(SteadyClock::now() - started < 20s);
  stopper.join();
  CHECK(ends_soon(read_pid(place / "pid")));
  CHECK(code_of([&] { (void)run_process(shell("true"), source.get_token()); }) ==
        ErrorCode::kCancelled);
}

TEST_CASE("a daemon that keeps the pipes does not keep us") {
  const TemporaryDirectory place;
  auto request = shell("echo started; sleep 100 & echo $! > pid");
  request.directory = place.path();
  const auto started = SteadyClock::now();
  const auto result = run(request);
  CHECK(result.output == "started\n");
  CHECK(result.exit_code == 0);
  CHECK(SteadyClock::now() - started < 20s);
  const pid_t pid = read_pid(place / "pid");
  CHECK(::kill(pid, 0) == 0);  // It was none of ours to end.
  ::kill(pid, SIGKILL);
}

TEST_CASE("children inherit neither descriptors, nor blocked or ignored signals") {
  const int leaky = ::open("/dev/null", O_RDONLY);
  const int high = ::fcntl(leaky, F_DUPFD, 200);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto old = ::signal(SIGHUP, SIG_IGN);
  const auto result = run(shell("ls /proc/$$/fd; grep -E 'SigBlk|SigIgn' /proc/$$/status"));
  ::signal(SIGHUP, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(leaky);
  ::close(high);
  CHECK(result.output.substr(0, 9) == "0\n1\n2\nSig");
  CHECK(result.output.find("SigBlk:\t0000000000000000") != std::string::npos);
  const auto ignored = result.output.find("SigIgn:\t");
  REQUIRE(ignored != std::string::npos);
  const auto mask = std::stoull(result.output.substr(ignored + 8, 16), nullptr, 16);
  CHECK((mask & (1ull << (SIGHUP - 1))) == 0);
  CHECK((mask & (1ull << (SIGPIPE - 1))) == 0);
}

TEST_CASE("many at once, and nothing is left open") {
  (void)run(shell("true"));
  const auto before = open_descriptors();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        auto request = shell("cat; exit 9");
        request.input = std::string(static_cast<std::size_t>(20'000 + t), 'x');
        request.timeout = 120s;
        const auto result = run(request);
        if (result.exit_code == 9 && result.output == request.input) ++good;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(good == 200);
  CHECK(open_descriptors() == before);
}

TEST_CASE("streams that the host has closed are no targets by accident") {
  const int saved = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  ::close(STDIN_FILENO);
  auto request = shell("cat; echo err >&2");
  request.input = "in";
  const auto result = run(request);
  if (saved >= 0) {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  }
  CHECK(result.output == "in");
  CHECK(result.error_output == "err\n");
}
