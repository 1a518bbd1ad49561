#include "source/postgres/server_error.hpp"

namespace pra::source::postgres {

namespace {

ErrorCode code_of(std::string_view sqlstate) {
  if (sqlstate.starts_with("28") || sqlstate == "42501") return ErrorCode::kPermissionDenied;
  if (sqlstate == "XX001" || sqlstate == "XX002") return ErrorCode::kCorrupt;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate == "57P03")
    return ErrorCode::kTransient;
  if (sqlstate == "0A000") return ErrorCode::kUnsupported;
  return ErrorCode::kFailed;
}

std::string hint_for(const ServerMessage& message) {
  const auto says = [&](std::string_view part) {
    return message.text.find(part) != std::string::npos;
  };
  if (!message.hint.empty()) return message.hint;
  if (says("no pg_hba.conf entry"))
    return "allow the connection in the server's pg_hba.conf, with the database \"replication\", "
           "and reload it";
  if (says("REPLICATION") || says("replication role"))
    return "give the role the right: ALTER ROLE … REPLICATION";
  if (says("no password supplied") || says("password authentication failed"))
    return "put the password into ~/.pgpass, a service file or PGPASSWORD";
  if (says("max_wal_senders")) return "raise max_wal_senders, or end other replication clients";
  if (says("WAL level")) return "set wal_level = replica and restart the server";
  if (message.sqlstate == "XX001")
    return "the server's own files are damaged: look at its log, and keep older snapshots";
  return {};
}

}  // namespace

Error make_server_error(std::string_view doing, const ServerMessage& message) {
  std::string what = std::string(doing) + ": " + printable(message.text);
  if (!message.detail.empty()) what += " (" + printable(message.detail) + ')';
  return {code_of(message.sqlstate), what, printable(hint_for(message))};
}

}  // namespace pra::source::postgres
