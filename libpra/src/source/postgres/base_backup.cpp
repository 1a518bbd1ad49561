#include "source/postgres/base_backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "crypto/random.hpp"

namespace pra::source::postgres {

namespace {

constexpr int kFirstVersion = 130000;
/// From here on there is one COPY stream, whose messages begin with a type byte.
constexpr int kTypedMessages = 150000;
constexpr std::size_t kMaxTablespaces = 65536;

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::kCorrupt, "base backup: " + problem);
}

std::uint32_t narrow(std::uint64_t value, const char* name) {
  if (value > std::numeric_limits<std::uint32_t>::max())
    fail(std::string(name) + " is out of range");
  return static_cast<std::uint32_t>(value);
}

/// "16MB" as SHOW prints it, in PostgreSQL's units: powers of 1024.
std::uint64_t segment_size(const std::optional<std::string>& shown) {
  const std::string_view text = shown ? std::string_view(*shown) : std::string_view();
  std::uint64_t size = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (failure == std::errc() && size <= 1024 && unit == "MB") size <<= 20;
  if (failure == std::errc() && size == 1 && unit == "GB") size <<= 30;
  if (size < (1U << 20) || size > (1U << 30) || (size & (size - 1)) != 0)
    fail("the server states no valid wal_segment_size");
  return size;
}

std::string command_text(Connection& connection, const ServerFacts& facts,
                         const BaseBackupOptions& options) {
  const std::string label = connection.quote_literal(options.label);
  // NOWAIT: the log that makes the backup consistent is in it, whatever the archiver does.
  if (facts.version_number < kTypedMessages)
    return fmt::format("BASE_BACKUP LABEL {} PROGRESS {}WAL NOWAIT MANIFEST 'yes'{}", label,
                       options.fast_checkpoint ? "FAST " : "",
                       options.verify_checksums ? "" : " NOVERIFY_CHECKSUMS");
  return fmt::format(
      "BASE_BACKUP (LABEL {}, PROGRESS, CHECKPOINT '{}', WAL, WAIT 0, MANIFEST 'yes'{})", label,
      options.fast_checkpoint ? "fast" : "spread",
      options.verify_checksums ? "" : ", VERIFY_CHECKSUMS 0");
}

/// Without TABLESPACE_MAP: the archive then has the links of pg_tblspc, and no file that would set
/// them anew at the first start, over what a restore has chosen.
std::vector<Tablespace> read_tablespaces(const Rows& rows) {
  if (rows.size() == 0 || rows.size() > kMaxTablespaces) fail("an odd number of tablespaces");
  std::vector<Tablespace> tablespaces;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Tablespace tablespace;
    if (rows.optional_text(row, 0)) {
      tablespace.oid = narrow(rows.number(row, 0), "a tablespace's oid");
      tablespace.location = rows.text(row, 1);
    }
    if (rows.optional_text(row, 2)) tablespace.size = rows.number(row, 2) * 1024;
    if ((tablespace.oid == 0) != (row + 1 == rows.size()))
      fail("the data directory is not the last of its parts");
    tablespaces.push_back(std::move(tablespace));
  }
  return tablespaces;
}

void read_untyped_streams(Connection& connection, std::size_t archives,
                          BaseBackupReceiver& receiver, const std::stop_token& stop) {
  for (std::size_t index = 0; index < archives; ++index) {
    connection.expect_copy_out(stop);
    receiver.begin_archive(index);
    while (const auto bytes = connection.copy_data(stop))
      receiver.archive_content(*bytes);
    receiver.end_archive();
  }
  connection.expect_copy_out(stop);
  while (const auto bytes = connection.copy_data(stop))
    receiver.manifest_content(*bytes);
}

/// The archive's name, up to its zero byte, must be the next that was announced.
void check_archive_name(ByteView message, const Tablespace& expected) {
  const std::string_view text = as_text(message);
  const std::string_view name = text.substr(0, text.find('\0'));
  const std::string wanted = expected.oid == 0 ? "base.tar" : fmt::format("{}.tar", expected.oid);
  if (name != wanted) fail("an archive came out of turn: \"" + printable(name) + '"');
}

void read_typed_stream(Connection& connection, const std::vector<Tablespace>& tablespaces,
                       BaseBackupReceiver& receiver, const std::stop_token& stop) {
  std::size_t archives = 0;
  bool in_manifest = false;
  connection.expect_copy_out(stop);
  while (const auto message = connection.copy_data(stop)) {
    const ByteView payload = message->subspan(1);
    switch (message->front()) {
      case 'd':
        if (in_manifest) {
          receiver.manifest_content(payload);
        } else {
          if (archives == 0) fail("data before the first archive");
          receiver.archive_content(payload);
        }
        break;
      case 'n':
        if (in_manifest || archives == tablespaces.size()) fail("more archives than tablespaces");
        check_archive_name(payload, tablespaces[archives]);
        if (archives > 0) receiver.end_archive();
        receiver.begin_archive(archives++);
        break;
      case 'm':
        if (in_manifest || archives != tablespaces.size()) fail("an archive is missing");
        receiver.end_archive();
        in_manifest = true;
        break;
      case 'p':  // What the server has sent so far: we count what came.
        break;
      default:
        fail("a message of an unknown type");
    }
  }
  if (!in_manifest) fail("the manifest is missing");
}

/// Keeps the log from being recycled until the connection ends. Not fatal when it cannot be had
/// (all slots in use): the server checks at the end that every segment is still there.
void reserve_log(Connection& connection, const std::stop_token& stop) {
  const std::string name = "pra_" + to_hex(crypto::random_bytes(8));
  try {
    (void)connection.execute(
        "CREATE_REPLICATION_SLOT \"" + name + "\" TEMPORARY PHYSICAL RESERVE_WAL", stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
  }
}

}  // namespace

ServerFacts identify_server(Connection& connection, const std::stop_token& stop) {
  ServerFacts facts;
  facts.version_number = connection.server_version();
  facts.version = connection.server_version_text();
  if (facts.version_number < kFirstVersion)
    throw Error(ErrorCode::kUnsupported,
                "PostgreSQL " + printable(facts.version) + " is too old for a base backup",
                "PostgreSQL 13 and later can be backed up");
  const Rows identity = connection.execute("IDENTIFY_SYSTEM", stop);
  facts.system_identifier = identity.text(0, 0);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (facts.system_identifier.empty() || facts.system_identifier.size() > 20 ||
      !std::all_of(facts.system_identifier.begin(), facts.system_identifier.end(), is_digit))
    fail("the server states no valid system identifier");
  facts.wal_segment_size = segment_size(connection.show("wal_segment_size", stop));
  facts.data_checksums = connection.show("data_checksums", stop) == "on";
  return facts;
}

BaseBackupEnd receive_base_backup(Connection& connection, const ServerFacts& facts,
                                  const BaseBackupOptions& options, BaseBackupReceiver& receiver,
                                  const std::stop_token& stop) {
  // After the last command that may fail: an error drops a session's temporary slots.
  reserve_log(connection, stop);
  connection.send(command_text(connection, facts, options));

  BaseBackupStart start;
  const Rows first = connection.next_rows(stop);
  start.lsn = parse_lsn(first.text(0, 0));
  start.timeline = narrow(first.number(0, 1), "the timeline");
  start.tablespaces = read_tablespaces(connection.next_rows(stop));
  receiver.begin_backup(start);

  if (facts.version_number < kTypedMessages)
    read_untyped_streams(connection, start.tablespaces.size(), receiver, stop);
  else
    read_typed_stream(connection, start.tablespaces, receiver, stop);

  BaseBackupEnd end;
  const Rows last = connection.next_rows(stop);
  end.lsn = parse_lsn(last.text(0, 0));
  end.timeline = narrow(last.number(0, 1), "the timeline");
  // Damaged blocks are reported here, after all else looked well.
  connection.finish_command(stop);
  if (end.timeline != start.timeline)
    throw Error(ErrorCode::kFailed,
                fmt::format("base backup: the server went from timeline {} to {} meanwhile",
                            start.timeline, end.timeline),
                "run the backup again");
  if (end.lsn <= start.lsn) fail("it ends before it began");
  return end;
}

}  // namespace pra::source::postgres
