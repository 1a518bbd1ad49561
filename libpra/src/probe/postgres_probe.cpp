#include <fmt/format.h>

#include "probe/checks.hpp"
#include "probe/deadline.hpp"
#include "source/postgres/connection.hpp"

namespace pra::probe {

namespace {

using source::postgres::Connection;
using source::postgres::ConnectionKind;

/// Replay lag of a standby: bytes received and not replayed, and seconds since the last replayed
/// commit, which counts as zero when everything received is replayed (an idle primary makes no
/// commits).
constexpr const char* kStandbyQuery =
    "SELECT coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), "
    "0)::bigint, "
    "CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
    "ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END";

void check_role(const PostgresProbe& probe, bool standby, Finding& finding) {
  if (probe.role.empty() || (probe.role == "standby") == standby) return;
  finding.healthy = false;
  finding.message =
      fmt::format("it is a {}, wanted is a {}", standby ? "standby" : "primary", probe.role);
}

void check_lag(const PostgresProbe& probe, Connection& connection, const std::stop_token& stop,
               Finding& finding) {
  const auto rows = connection.execute(kStandbyQuery, stop);
  const double seconds = std::stod(rows.text(0, 1));
  finding.values["replay_lag_bytes"] = std::stod(rows.text(0, 0));
  finding.values["replay_lag_seconds"] = seconds;
  const double limit = std::chrono::duration<double>(probe.max_replay_lag).count();
  if (limit <= 0 || seconds <= limit || !finding.healthy) return;
  finding.healthy = false;
  finding.message =
      fmt::format("the standby is {:.1f} s behind, at most {:.1f} s are allowed", seconds, limit);
}

void check_query(const PostgresProbe& probe, Connection& connection, const std::stop_token& stop,
                 Finding& finding) {
  const auto rows = connection.execute(probe.query, stop);
  const auto first = rows.size() > 0 ? rows.optional_text(0, 0) : std::nullopt;
  if (rows.size() == 0) {
    finding.healthy = false;
    finding.message = "the query returned no row";
  } else if (!probe.expect.empty() && first != probe.expect) {
    finding.healthy = false;
    finding.message =
        fmt::format("the query returned '{}', expected is '{}'",
                    printable(first.value_or("NULL")).substr(0, 200), printable(probe.expect));
  }
}

Finding examine(const PostgresProbe& probe, Duration timeout, const std::stop_token& stop) {
  Connection connection(probe.dsn, timeout, stop, ConnectionKind::kSql);
  Finding finding;
  finding.healthy = true;
  const bool standby = connection.execute("SELECT pg_is_in_recovery()", stop).text(0, 0) == "t";
  finding.values["standby"] = standby ? 1 : 0;
  finding.message = fmt::format("PostgreSQL {} answers as {}", connection.server_version_text(),
                                standby ? "standby" : "primary");
  check_role(probe, standby, finding);
  if (standby) check_lag(probe, connection, stop, finding);
  if (finding.healthy && !probe.query.empty()) check_query(probe, connection, stop, finding);
  return finding;
}

}  // namespace

Finding check(const PostgresProbe& probe, Duration timeout, const std::stop_token& stop) {
  return call_with_deadline<Finding>(
      [probe, timeout](const std::stop_token& abandoned) {
        return examine(probe, timeout, abandoned);
      },
      timeout, stop);
}

}  // namespace pra::probe
