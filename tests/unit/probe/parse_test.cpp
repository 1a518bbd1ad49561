#include <doctest/doctest.h>

#include "base/error.hpp"
#include "probe/probe.hpp"

using namespace pra;
using namespace pra::probe;

TEST_CASE("the short form of each kind") {
  const auto http = parse_probe("web=http:http://127.0.0.1:3000/health?a=b");
  CHECK(http.name == "web");
  CHECK(std::get<HttpProbe>(http.check).url == "http://127.0.0.1:3000/health?a=b");

  const auto bare = parse_probe("https://example.org/");
  CHECK(bare.name == "https://example.org/");
  CHECK(std::get<HttpProbe>(bare.check).url == "https://example.org/");

  const auto tcp = parse_probe("tcp:[::1]:5432");
  CHECK(std::get<TcpProbe>(tcp.check).host == "::1");
  CHECK(std::get<TcpProbe>(tcp.check).port == 5432);

  const auto postgres = parse_probe("db=postgres:service=shop dbname=x");
  CHECK(postgres.name == "db");
  CHECK(std::get<PostgresProbe>(postgres.check).dsn == "service=shop dbname=x");

  const auto command = parse_probe("command:/bin/sh -c 'exit 3'");
  CHECK(std::get<CommandProbe>(command.check).command ==
        std::vector<std::string>{"/bin/sh", "-c", "exit 3"});
}

TEST_CASE("what is no probe is refused with a hint") {
  for (const auto* text : {"", "web", "ftp:host", "tcp:host", "tcp:host:0", "tcp:host:99999",
                           "tcp::80", "http:ftp://x", "command:", "command:'open"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_probe(text), Error);
  }
}

TEST_CASE("the Nagios line names what fails and carries times") {
  Result good{.name = "web",
              .kind = "http",
              .healthy = true,
              .message = "ok",
              .elapsed = std::chrono::milliseconds(12),
              .attempts = 1,
              .values = {}};
  CHECK(nagios_line({good}) == "PRA OK - 1 of 1 probes healthy | 'web'=0.012s;;;0");
  Result bad = good;
  bad.name = "d'b=|";
  bad.healthy = false;
  bad.message = "no | answer";
  CHECK(nagios_line({good, bad}) ==
        "PRA CRITICAL - 1 of 2 probes healthy; d'b=/: no / answer | 'web'=0.012s;;;0 "
        "'d''b__'=0.012s;;;0");
}
