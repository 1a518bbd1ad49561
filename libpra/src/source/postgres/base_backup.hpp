#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "source/postgres/connection.hpp"
#include "source/postgres/lsn.hpp"

namespace pra::source::postgres {

/// What the server is, as far as it lets a replication client know.
struct ServerFacts {
  std::string system_identifier;  ///< Decimal digits.
  int version_number = 0;         ///< 150020.
  std::string version;            ///< "15.20".
  std::uint64_t wal_segment_size = 0;
  bool data_checksums = false;

  [[nodiscard]] int major() const { return version_number / 10000; }
};

/// Asks. Error(kUnsupported) for a server before 13.
[[nodiscard]] ServerFacts identify_server(Connection& connection, const std::stop_token& stop);

struct BaseBackupOptions {
  std::string label;
  bool fast_checkpoint = true;
  bool verify_checksums = true;
};

/// One archive of a base backup: a tablespace, or the data directory itself (oid 0, comes last).
struct Tablespace {
  std::uint32_t oid = 0;
  std::string location;    ///< On the server; empty for the data directory.
  std::uint64_t size = 0;  ///< The server's estimate in bytes.
};

struct BaseBackupStart {
  Lsn lsn;
  std::uint32_t timeline = 0;
  std::vector<Tablespace> tablespaces;
};

struct BaseBackupEnd {
  Lsn lsn;
  std::uint32_t timeline = 0;
};

/// Receives a base backup in the order of the server: each tablespace, the data directory with the
/// write-ahead log at its end, then the manifest.
class BaseBackupReceiver {
 public:
  virtual ~BaseBackupReceiver() = default;
  virtual void begin_backup(const BaseBackupStart& start) = 0;
  /// A tar archive begins: of start.tablespaces[index].
  virtual void begin_archive(std::size_t index) = 0;
  virtual void archive_content(ByteView bytes) = 0;
  virtual void end_archive() = 0;
  virtual void manifest_content(ByteView bytes) = 0;
};

/// Takes a base backup (BASE_BACKUP, protocols of PostgreSQL 13–14 and of 15 and later) with its
/// write-ahead log from start to end and with the manifest. A temporary replication slot keeps the
/// log on the server meanwhile; where none can be had, the server itself checks that no segment
/// went missing. Returns after the server has confirmed success: damaged blocks (Error(kCorrupt)),
/// a promotion or a server that goes away are failures.
[[nodiscard]] BaseBackupEnd receive_base_backup(Connection& connection, const ServerFacts& facts,
                                                const BaseBackupOptions& options,
                                                BaseBackupReceiver& receiver,
                                                const std::stop_token& stop);

}  // namespace pra::source::postgres
