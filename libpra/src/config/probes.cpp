#include "config/probes.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/error.hpp"

namespace pra::config {

namespace {

probe::HttpProbe read_http(YamlMap& map) {
  probe::HttpProbe http;
  http.url = map.required_string("url");
  if (!http.url.empty() && !http.url.starts_with("http://") && !http.url.starts_with("https://"))
    map.fail("url", "must begin with http:// or https://");
  http.method = map.string("method", "GET");
  http.headers = map.pairs("headers");
  for (const auto status : map.integers("status")) {
    if (status < 100 || status > 599)
      map.fail("status", fmt::format("{} is no HTTP status", status));
    http.status.push_back(static_cast<int>(status));
  }
  http.body_matches = map.string("body_matches");
  http.follow_redirects = map.boolean("follow_redirects", false);
  http.verify_tls = map.boolean("verify_tls", true);
  http.ca_file = map.string("ca_file");
  http.certificate_valid_for = map.duration("certificate_valid_for", Duration::zero());
  return http;
}

probe::TcpProbe read_tcp(YamlMap& map) {
  probe::TcpProbe tcp;
  tcp.host = map.string("host", "127.0.0.1");
  tcp.port = static_cast<int>(map.integer("port", 0, 1, 65535));
  if (!map.has("port")) map.fail("port", "is missing");
  return tcp;
}

probe::PostgresProbe read_postgres(YamlMap& map) {
  probe::PostgresProbe postgres;
  postgres.dsn = map.required_string("dsn");
  postgres.role = map.string("role");
  if (!postgres.role.empty() && postgres.role != "primary" && postgres.role != "standby")
    map.fail("role", "must be primary or standby");
  postgres.max_replay_lag = map.duration("max_replay_lag", Duration::zero());
  postgres.query = map.string("query");
  postgres.expect = map.string("expect");
  return postgres;
}

probe::CommandProbe read_command(YamlMap& map) {
  probe::CommandProbe command{map.strings("command"), map.string("directory")};
  if (command.command.empty()) map.fail("command", "names no program");
  return command;
}

/// `key: 10s`, or Kubernetes' spelling with whole seconds.
Duration read_time(YamlMap& map, const std::string& key, const std::string& kubernetes,
                   Duration fallback) {
  const auto seconds = map.integer(kubernetes, -1, 0, 86400);
  if (seconds >= 0 && map.has(key)) map.fail(kubernetes, "says the same as " + key + "; keep one");
  return seconds >= 0 ? std::chrono::seconds(seconds) : map.duration(key, fallback);
}

int read_count(YamlMap& map, const std::string& key, const std::string& kubernetes, int fallback) {
  return static_cast<int>(map.integer(map.has(kubernetes) ? kubernetes : key, fallback, 1, 1000));
}

}  // namespace

void read_probe(YamlMap& map, std::vector<probe::Probe>& probes) {
  probe::Probe probe;
  probe.name = map.required_string("name");
  int kinds = 0;
  map.map("http", [&](YamlMap& inner) { ++kinds, probe.check = read_http(inner); });
  map.map("tcp", [&](YamlMap& inner) { ++kinds, probe.check = read_tcp(inner); });
  map.map("postgres", [&](YamlMap& inner) { ++kinds, probe.check = read_postgres(inner); });
  // `command: [program, argument]` as well as `command: {command: […], directory: …}`.
  if (const auto words = map.command("command"); !words.empty()) {
    ++kinds, probe.check = probe::CommandProbe{words, {}};
  } else {
    map.map("command", [&](YamlMap& inner) { ++kinds, probe.check = read_command(inner); });
  }
  probe.initial_delay = read_time(map, "initial_delay", "initialDelaySeconds", probe.initial_delay);
  probe.period = read_time(map, "period", "periodSeconds", probe.period);
  probe.timeout = read_time(map, "timeout", "timeoutSeconds", probe.timeout);
  probe.success_threshold = read_count(map, "success_threshold", "successThreshold", 1);
  probe.failure_threshold = read_count(map, "failure_threshold", "failureThreshold", 3);
  if (probe.timeout <= Duration::zero()) map.fail("timeout", "must be more than zero");
  if (kinds != 1)
    map.fail("name",
             fmt::format("the probe '{}' must have exactly one of http, tcp, postgres, command",
                         printable(probe.name)));
  else
    probes.push_back(std::move(probe));
}

}  // namespace pra::config
