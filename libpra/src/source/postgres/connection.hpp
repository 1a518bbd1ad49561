#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

struct pg_conn;
struct pg_result;

namespace pra::source::postgres {

/// Throws Error(kInvalidArgument) when `dsn` is no libpq connection string or carries a password;
/// the string is never echoed. Passwords belong in libpq's own places: a passfile, a service file,
/// PGPASSWORD.
void check_dsn(const std::string& dsn);

/// The rows of one result, as text.
class Rows {
 public:
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t columns() const;
  /// Nothing for SQL's NULL. Error(kCorrupt) when there is no such row or column.
  [[nodiscard]] std::optional<std::string> optional_text(std::size_t row, std::size_t column) const;
  /// Error(kCorrupt) for NULL as well.
  [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::uint64_t number(std::size_t row, std::size_t column) const;

 private:
  friend class Connection;
  struct Free {
    void operator()(pg_result* result) const;
  };
  using Pointer = std::unique_ptr<pg_result, Free>;
  explicit Rows(Pointer result) : result_(std::move(result)) {}
  Pointer result_;
};

/// How a connection speaks: as a physical replication client (a walsender), or in plain SQL.
enum class ConnectionKind { kReplication, kSql };

/// A connection to a server over libpq. Every wait ends with Error(kCancelled) once `stop` is
/// requested. Server errors become Errors with the code that fits their SQLSTATE and the server's
/// own hint. One thread at a time.
class Connection {
 public:
  /// Error(kTimeout) when the server does not answer in `timeout` (PGCONNECT_TIMEOUT and
  /// connect_timeout of the dsn are used instead when they are set).
  Connection(const std::string& dsn, Duration timeout, const std::stop_token& stop,
             ConnectionKind kind = ConnectionKind::kReplication);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// 150020 for 15.20.
  [[nodiscard]] int server_version() const;
  /// "15.20".
  [[nodiscard]] std::string server_version_text() const;
  [[nodiscard]] bool over_unix_socket() const;

  /// Sends one command and returns its one result set (no rows for a command without).
  Rows execute(const std::string& command, const std::stop_token& stop);
  /// `SHOW name`; nothing when the server does not let us see it.
  [[nodiscard]] std::optional<std::string> show(const std::string& name,
                                                const std::stop_token& stop);
  [[nodiscard]] std::string quote_literal(const std::string& text);

  // --- A command with several results and COPY OUT streams, step by step
  // --------------------------
  void send(const std::string& command);
  /// The next result set; Error when the command ends, or starts to copy, instead.
  [[nodiscard]] Rows next_rows(const std::stop_token& stop);
  /// The server must now start a COPY OUT.
  void expect_copy_out(const std::stop_token& stop);
  /// The payload of the next CopyData message, valid until the next call; nothing at the end.
  [[nodiscard]] std::optional<ByteView> copy_data(const std::stop_token& stop);
  /// Reads whatever is left of the command, and throws the error that may come last.
  void finish_command(const std::stop_token& stop);

  /// The server's warnings since the last call, at most 20.
  [[nodiscard]] std::vector<std::string> take_warnings();

 private:
  struct FreeCopy {
    void operator()(char* buffer) const;
  };

  void wait_for_socket(short events, const std::stop_token& stop,
                       std::chrono::steady_clock::time_point deadline);
  void flush(const std::stop_token& stop);
  /// The next result, or null at the end of the command.
  [[nodiscard]] Rows::Pointer next_result(const std::stop_token& stop);
  [[noreturn]] void throw_failure(const pg_result* result, std::string_view doing);

  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::vector<std::string> warnings_;
  std::unique_ptr<pg_conn, Close> connection_;
  std::unique_ptr<char, FreeCopy> copy_buffer_;
  Rows::Pointer after_copy_;  ///< The result that was read to see how a COPY ended.
};

}  // namespace pra::source::postgres
