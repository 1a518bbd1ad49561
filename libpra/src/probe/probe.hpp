#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace pra::probe {

struct HttpProbe {
  std::string url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<int> status;   ///< Accepted; empty: 200–399 as Kubernetes has it.
  std::string body_matches;  ///< Regular expression (ECMAScript), empty: any body.
  bool follow_redirects = false;
  bool verify_tls = true;
  std::string ca_file;
  Duration certificate_valid_for = Duration::zero();  ///< Wanted remaining life; zero: not checked.
};
struct TcpProbe {
  std::string host;
  int port = 0;
};
struct PostgresProbe {
  std::string dsn;                             ///< libpq connection string without a password.
  std::string role;                            ///< "primary", "standby" or empty for either.
  Duration max_replay_lag = Duration::zero();  ///< For a standby; zero: not checked.
  std::string query;                           ///< Run instead of SELECT 1; must return one row.
  std::string expect;  ///< Text that its first column must have; empty: anything.
};
struct CommandProbe {
  std::vector<std::string> command;
  std::string directory;
};

/// Field names and meanings as in Kubernetes' probes.
struct Probe {
  std::string name;
  std::variant<HttpProbe, TcpProbe, PostgresProbe, CommandProbe> check;
  Duration initial_delay = Duration::zero();
  Duration period = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(1);
  int success_threshold = 1;
  int failure_threshold = 3;
};

struct Result {
  std::string name;
  std::string kind;  ///< "http", "tcp", "postgres", "command".
  bool healthy = false;
  std::string message;  ///< One line; why it is unhealthy, or what was seen.
  Duration elapsed{};   ///< Of the last attempt.
  unsigned attempts = 0;
  /// Measured values for perfdata and metrics: "status", "replay_lag_bytes", "certificate_days", ….
  std::map<std::string, double> values;
};

/// One attempt. Never throws for an unhealthy target; ends within the timeout (to 100 ms).
[[nodiscard]] Result run_once(const Probe& probe, const std::stop_token& stop);
/// All of them once, in parallel; in the order given.
[[nodiscard]] std::vector<Result> run_all(const std::vector<Probe>& probes,
                                          const std::stop_token& stop);
/// Repeats each until it is healthy (success_threshold in a row) or `deadline` has passed; between
/// attempts it waits `period`, or less at the start (100 ms doubling up to `period`), so that a
/// service that is up is seen at once. `seen` is told of each attempt; may be empty.
[[nodiscard]] std::vector<Result> wait_until_healthy(
    const std::vector<Probe>& probes, Duration deadline, const std::stop_token& stop,
    const std::function<void(const Result&)>& seen = {});

/// "http:URL", "tcp:HOST:PORT", "postgres:DSN", "command:PROGRAM ARG…", optionally "NAME=" in
/// front; a bare http(s) URL is http. Error(kInvalidArgument) with a hint.
[[nodiscard]] Probe parse_probe(const std::string& text);

/// Nagios plugin output: "PRA OK - 3 of 3 probes healthy | 'web'=0.012s;;;0" (Monitoring Plugins
/// Development Guidelines); several probes, one line.
[[nodiscard]] std::string nagios_line(const std::vector<Result>& results);

}  // namespace pra::probe
