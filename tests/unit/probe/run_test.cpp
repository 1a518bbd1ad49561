#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "probe/probe.hpp"

using namespace pra;
using namespace pra::probe;
using Steady = std::chrono::steady_clock;

namespace {

/// Listens on a free port of loopback; connections wait in the backlog and are never answered.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_, 8) == 0);
    socklen_t length = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
  }
  ~SilentServer() { close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  int port = 0;

 private:
  int socket_;
};

Probe with(decltype(Probe::check) check, std::chrono::milliseconds timeout) {
  Probe probe;
  probe.name = "probe";
  probe.check = std::move(check);
  probe.timeout = timeout;
  return probe;
}

double seconds_of(const std::function<void()>& body) {
  const auto start = Steady::now();
  body();
  return std::chrono::duration<double>(Steady::now() - start).count();
}

}  // namespace

TEST_CASE("a port that listens is healthy, a closed one is not") {
  int closed_port = 0;
  {
    const SilentServer server;
    closed_port = server.port;
    const auto result =
        run_once(with(TcpProbe{"127.0.0.1", server.port}, std::chrono::seconds(2)), {});
    CHECK(result.healthy);
    CHECK(result.kind == "tcp");
  }
  const auto refused =
      run_once(with(TcpProbe{"127.0.0.1", closed_port}, std::chrono::seconds(2)), {});
  CHECK_FALSE(refused.healthy);
  CHECK(refused.message.find("Connection refused") != std::string::npos);
}

TEST_CASE("timeouts are honoured to 100 ms by every kind that can hang") {
  const SilentServer server;
  const auto wait = std::chrono::milliseconds(400);
  const auto url = "http://127.0.0.1:" + std::to_string(server.port) + "/";
  const auto dsn = "host=127.0.0.1 port=" + std::to_string(server.port) + " user=x dbname=x";
  Probe probes[] = {with(HttpProbe{.url = url,
                                   .method = "GET",
                                   .headers = {},
                                   .status = {},
                                   .body_matches = {},
                                   .ca_file = {}},
                         wait),
                    with(PostgresProbe{.dsn = dsn, .role = {}, .query = {}, .expect = {}}, wait),
                    with(CommandProbe{{"/bin/sh", "-c", "sleep 30"}, {}}, wait)};
  for (const auto& probe : probes) {
    Result result;
    const double elapsed = seconds_of([&] { result = run_once(probe, {}); });
    CAPTURE(result.kind);
    CAPTURE(result.message);
    CHECK_FALSE(result.healthy);
    CHECK(elapsed > 0.35);
    CHECK(elapsed < 0.5);
  }
}

TEST_CASE("a command's exit code decides, and its first line is the message") {
  const auto good = run_once(with(CommandProbe{{"/bin/true"}, {}}, std::chrono::seconds(5)), {});
  CHECK(good.healthy);
  const auto bad =
      run_once(with(CommandProbe{{"/bin/sh", "-c", "echo replica is behind >&2; exit 2"}, {}},
                    std::chrono::seconds(5)),
               {});
  CHECK_FALSE(bad.healthy);
  CHECK(bad.message == "exit code 2: replica is behind");
  CHECK(bad.values.at("exit_code") == 2);
  const auto missing =
      run_once(with(CommandProbe{{"/no/such/program"}, {}}, std::chrono::seconds(5)), {});
  CHECK_FALSE(missing.healthy);
}

TEST_CASE("waiting ends as soon as the target is healthy, and at the deadline when it never is") {
  const auto start = Steady::now();
  auto later =
      with(CommandProbe{{"/bin/sh", "-c",
                         "test $(($(date +%s%N) / 1000000)) -gt " +
                             std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                std::chrono::system_clock::now().time_since_epoch())
                                                .count() +
                                            600)},
                        {}},
           std::chrono::seconds(1));
  unsigned seen = 0;
  const auto results =
      wait_until_healthy({later}, std::chrono::seconds(20), {}, [&](const Result&) { ++seen; });
  CHECK(results.at(0).healthy);
  CHECK(seen == results.at(0).attempts);
  CHECK(seen >= 2);
  CHECK(Steady::now() - start < std::chrono::seconds(3));

  auto never = with(CommandProbe{{"/bin/false"}, {}}, std::chrono::milliseconds(300));
  const double elapsed = seconds_of([&] {
    CHECK_FALSE(wait_until_healthy({never}, std::chrono::milliseconds(700), {}).at(0).healthy);
  });
  CHECK(elapsed > 0.6);
  CHECK(elapsed < 0.85);
}

TEST_CASE("success_threshold asks for successes in a row") {
  auto probe = with(CommandProbe{{"/bin/true"}, {}}, std::chrono::seconds(1));
  probe.success_threshold = 3;
  const auto results = wait_until_healthy({probe}, std::chrono::seconds(10), {});
  CHECK(results.at(0).healthy);
  CHECK(results.at(0).attempts == 3);
}

TEST_CASE("a stop request ends a wait at once") {
  std::stop_source source;
  auto probe = with(CommandProbe{{"/bin/sh", "-c", "sleep 30"}, {}}, std::chrono::seconds(30));
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.request_stop();
  });
  const double elapsed = seconds_of([&] {
    CHECK_THROWS_AS((void)wait_until_healthy({probe}, std::chrono::seconds(60), source.get_token()),
                    Error);
  });
  CHECK(elapsed < 3);
}
