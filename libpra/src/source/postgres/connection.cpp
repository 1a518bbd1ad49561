#include "source/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "source/postgres/server_error.hpp"

namespace pra::source::postgres {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a wait lasts before the stop token is looked at again.
constexpr auto kStopInterval = std::chrono::milliseconds(100);
constexpr std::size_t kKeptWarnings = 20;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

Options parse_dsn(const std::string& dsn) {
  char* message = nullptr;
  Options options(PQconninfoParse(dsn.c_str(), &message));
  PQfreemem(message);  // It may quote parts of the string, a password among them.
  if (!options)
    throw Error(ErrorCode::kInvalidArgument, "the dsn is not a connection string of libpq",
                "for example \"service=shop\", \"host=/run/postgresql user=backup\" or "
                "\"postgresql://backup@db.example.org/\"");
  return options;
}

const char* option(const PQconninfoOption* options, std::string_view keyword) {
  for (; options->keyword != nullptr; ++options)
    if (keyword == options->keyword) return options->val;
  return nullptr;
}

/// The time limit that the dsn or PGCONNECT_TIMEOUT sets, or `fallback`. libpq does not apply it
/// to connections that are made step by step.
Duration connect_timeout(PGconn* connection, Duration fallback) {
  const Options options(PQconninfo(connection));
  const char* text = options ? option(options.get(), "connect_timeout") : nullptr;
  int seconds = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), seconds);
  return seconds > 0 ? Duration(std::chrono::seconds(seconds)) : fallback;
}

std::string trimmed(const char* text) {
  std::string result = text != nullptr ? text : "";
  while (!result.empty() && (result.back() == '\n' || result.back() == ' '))
    result.pop_back();
  std::replace(result.begin(), result.end(), '\n', ' ');
  std::replace(result.begin(), result.end(), '\t', ' ');
  return result;
}

std::string field(const PGresult* result, int code) {
  return trimmed(PQresultErrorField(result, code));
}

void keep_warning(void* warnings, const PGresult* result) {
  auto& kept = *static_cast<std::vector<std::string>*>(warnings);
  if (kept.size() >= kKeptWarnings ||
      field(result, PG_DIAG_SEVERITY_NONLOCALIZED) != std::string_view("WARNING"))
    return;
  kept.push_back(printable(field(result, PG_DIAG_MESSAGE_PRIMARY)));
}

}  // namespace

void check_dsn(const std::string& dsn) {
  const Options options = parse_dsn(dsn);
  for (const char* keyword : {"password", "sslpassword"})
    if (const char* value = option(options.get(), keyword); value != nullptr && *value != '\0')
      throw Error(ErrorCode::kInvalidArgument, "the dsn carries a password",
                  "put it into ~/.pgpass (mode 0600), a service file or PGPASSWORD");
}

void Rows::Free::operator()(pg_result* result) const {
  PQclear(result);
}
void Connection::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}
void Connection::FreeCopy::operator()(char* buffer) const {
  PQfreemem(buffer);
}

std::size_t Rows::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}
std::size_t Rows::columns() const {
  return static_cast<std::size_t>(PQnfields(result_.get()));
}

std::optional<std::string> Rows::optional_text(std::size_t row, std::size_t column) const {
  if (row >= size() || column >= columns())
    throw Error(ErrorCode::kCorrupt, "the server's answer has fewer rows or columns than expected");
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  if (PQgetisnull(result_.get(), r, c) != 0) return std::nullopt;
  return std::string(PQgetvalue(result_.get(), r, c),
                     static_cast<std::size_t>(PQgetlength(result_.get(), r, c)));
}

std::string Rows::text(std::size_t row, std::size_t column) const {
  auto value = optional_text(row, column);
  if (!value) throw Error(ErrorCode::kCorrupt, "the server's answer lacks a value");
  return *std::move(value);
}

std::uint64_t Rows::number(std::size_t row, std::size_t column) const {
  const std::string value = text(row, column);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failure != std::errc() || end != value.data() + value.size())
    throw Error(ErrorCode::kCorrupt,
                "the server's answer is not a number: \"" + printable(value) + '"');
  return number;
}

Connection::Connection(const std::string& dsn, Duration timeout, const std::stop_token& stop,
                       ConnectionKind kind) {
  check_dsn(dsn);
  // Before the dsn stands what it may change, and after it what it may not. Without the first a
  // server that vanished from the network would be noticed after two hours.
  const std::array<const char*, 7> keywords = {"keepalives_idle",
                                               "keepalives_interval",
                                               "keepalives_count",
                                               "dbname",
                                               "replication",
                                               "fallback_application_name",
                                               nullptr};
  const std::array<const char*, 7> values = {
      "60",     "10",   "6", dsn.c_str(), kind == ConnectionKind::kReplication ? "true" : "false",
      "libpra", nullptr};
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (!connection_) throw Error(ErrorCode::kFailed, "connecting to PostgreSQL: out of memory");
  PQsetNoticeReceiver(connection_.get(), keep_warning, &warnings_);
  const auto deadline = Clock::now() + connect_timeout(connection_.get(), timeout);
  auto state =
      PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    wait_for_socket(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, stop, deadline);
    state = PQconnectPoll(connection_.get());
  }
  if (state != PGRES_POLLING_OK) throw_failure(nullptr, "connecting to PostgreSQL");
  PQsetnonblocking(connection_.get(), 1);
}

Connection::~Connection() = default;

int Connection::server_version() const {
  return PQserverVersion(connection_.get());
}

std::string Connection::server_version_text() const {
  const char* text = PQparameterStatus(connection_.get(), "server_version");
  const std::string_view whole = text != nullptr ? text : "";
  return std::string(whole.substr(0, whole.find(' ')));  // Without "(Debian 15.20-1)".
}

bool Connection::over_unix_socket() const {
  const char* host = PQhost(connection_.get());
  return host == nullptr || *host == '\0' || *host == '/' || *host == '@';
}

void Connection::wait_for_socket(short events, const std::stop_token& stop,
                                 Clock::time_point deadline) {
  for (;;) {
    throw_if_stopped(stop);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0)
      throw Error(ErrorCode::kTimeout, "connecting to PostgreSQL: no answer in time",
                  "is the server up and its address right? see pra health");
    struct pollfd wanted {};
    wanted.fd = PQsocket(connection_.get());
    wanted.events = events;
    if (wanted.fd < 0) throw_failure(nullptr, "talking to PostgreSQL");
    const int ready = poll(&wanted, 1, static_cast<int>(std::min(left, kStopInterval).count()));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw_errno("poll", "the connection to PostgreSQL", errno);
  }
}

void Connection::flush(const std::stop_token& stop) {
  for (;;) {
    const int state = PQflush(connection_.get());
    if (state == 0) return;
    if (state < 0) throw_failure(nullptr, "sending to PostgreSQL");
    wait_for_socket(POLLIN | POLLOUT, stop, Clock::time_point::max());
    if (PQconsumeInput(connection_.get()) == 0) throw_failure(nullptr, "talking to PostgreSQL");
  }
}

Rows::Pointer Connection::next_result(const std::stop_token& stop) {
  if (after_copy_) return std::move(after_copy_);
  flush(stop);
  while (PQisBusy(connection_.get()) != 0) {
    wait_for_socket(POLLIN, stop, Clock::time_point::max());
    if (PQconsumeInput(connection_.get()) == 0) throw_failure(nullptr, "reading from PostgreSQL");
  }
  return Rows::Pointer(PQgetResult(connection_.get()));
}

void Connection::throw_failure(const pg_result* result, std::string_view doing) {
  ServerMessage message;
  if (result != nullptr) {
    message.sqlstate = field(result, PG_DIAG_SQLSTATE);
    message.text = field(result, PG_DIAG_MESSAGE_PRIMARY);
    message.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    message.hint = field(result, PG_DIAG_MESSAGE_HINT);
  }
  if (message.text.empty()) message.text = trimmed(PQerrorMessage(connection_.get()));
  if (message.text.empty()) message.text = "the server ended the connection";
  // What the server warned of before (a damaged block, say) tells more than the final error.
  for (std::size_t i = 0; i < std::min<std::size_t>(warnings_.size(), 3); ++i)
    message.detail += (message.detail.empty() ? "" : "; ") + warnings_[i];
  throw make_server_error(doing, message);
}

Rows Connection::execute(const std::string& command, const std::stop_token& stop) {
  send(command);
  Rows::Pointer kept;
  std::exception_ptr failure;
  while (Rows::Pointer result = next_result(stop)) {
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      if (failure) continue;
      try {
        throw_failure(result.get(), command.substr(0, command.find(' ')));
      } catch (...) {
        failure = std::current_exception();  // The rest is read first: the connection stays usable.
      }
    }
    if (!kept) kept = std::move(result);
  }
  if (failure) std::rethrow_exception(failure);
  if (!kept) throw_failure(nullptr, command.substr(0, command.find(' ')));
  return Rows(std::move(kept));
}

std::optional<std::string> Connection::show(const std::string& name, const std::stop_token& stop) {
  try {
    const Rows rows = execute("SHOW " + name, stop);
    return rows.size() == 0 ? std::nullopt : rows.optional_text(0, 0);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled || PQstatus(connection_.get()) != CONNECTION_OK)
      throw;
    return std::nullopt;
  }
}

std::string Connection::quote_literal(const std::string& text) {
  // The replication grammar knows plain literals alone, in which only the quote is doubled.
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\0') throw Error(ErrorCode::kInvalidArgument, "a text with a zero byte");
    if (character == '\'') quoted += '\'';
    quoted += character;
  }
  return quoted + '\'';
}

void Connection::send(const std::string& command) {
  if (PQsendQuery(connection_.get(), command.c_str()) == 0)
    throw_failure(nullptr, "sending to PostgreSQL");
}

Rows Connection::next_rows(const std::stop_token& stop) {
  Rows::Pointer result = next_result(stop);
  if (!result || PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    throw_failure(result.get(), "base backup");
  return Rows(std::move(result));
}

void Connection::expect_copy_out(const std::stop_token& stop) {
  const Rows::Pointer result = next_result(stop);
  if (!result || PQresultStatus(result.get()) != PGRES_COPY_OUT)
    throw_failure(result.get(), "base backup");
}

std::optional<ByteView> Connection::copy_data(const std::stop_token& stop) {
  for (;;) {
    char* buffer = nullptr;
    const int length = PQgetCopyData(connection_.get(), &buffer, 1);
    copy_buffer_.reset(buffer);
    if (length > 0)
      return ByteView(reinterpret_cast<const std::uint8_t*>(buffer),
                      static_cast<std::size_t>(length));
    if (length == -1) {
      // The stream ended, or an error of the server ended it: only what follows tells.
      after_copy_ = next_result(stop);
      if (PQresultStatus(after_copy_.get()) == PGRES_FATAL_ERROR)
        throw_failure(after_copy_.get(), "base backup");
      return std::nullopt;
    }
    if (length < -1) throw_failure(nullptr, "base backup");
    wait_for_socket(POLLIN, stop, Clock::time_point::max());
    if (PQconsumeInput(connection_.get()) == 0) throw_failure(nullptr, "base backup");
  }
}

void Connection::finish_command(const std::stop_token& stop) {
  while (const Rows::Pointer result = next_result(stop)) {
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw_failure(result.get(), "base backup");
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw_failure(nullptr, "base backup");
}

std::vector<std::string> Connection::take_warnings() {
  return std::exchange(warnings_, {});
}

}  // namespace pra::source::postgres
