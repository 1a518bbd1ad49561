#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "base/time.hpp"
#include "repo/blob_writer.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot.hpp"

namespace pra::backup {

/// What every kind of backup takes.
struct CommonOptions {
  std::string source_name;  ///< Stored as the tag "pra:source=<name>"; empty: no tag.
  std::vector<std::string> tags;
  std::string hostname;           ///< Empty: this host's.
  std::optional<Timestamp> time;  ///< Of the snapshot; nothing: now.
  bool dry_run = false;           ///< Nothing is stored; the result says what would be.
  int compression_level = 2;
  unsigned workers = 0;  ///< Threads that read and compress; 0: by the cores.
};

struct FileOptions : CommonOptions {
  std::vector<std::string> paths;          ///< What to back up; relative ones are made absolute.
  std::vector<std::string> excludes;       ///< Patterns as restic's --exclude.
  std::vector<std::string> exclude_files;  ///< Files of such patterns, one a line, # comments.
  bool exclude_caches = false;             ///< Directories with a valid CACHEDIR.TAG.
  std::vector<std::string> exclude_if_present;
  bool one_file_system = false;
  std::uint64_t exclude_larger_than = 0;  ///< Bytes; 0: no limit.
  std::string parent;  ///< Snapshot to compare with; empty: the newest of the same host and paths.
  bool force = false;  ///< Read every file again.
  bool with_access_times = false;
};

struct PostgresOptions : CommonOptions {
  std::string dsn;  ///< libpq connection string without a password: "service=shop".
  bool fast_checkpoint = true;
  std::string label = "libpra";
  std::uint64_t page_group = 0;  ///< Bytes a blob; 0: by the cluster's size (see docs).
  bool verify_checksums = true;
};

/// A stream of bytes stored as one file, as a database dump is.
struct StreamOptions : CommonOptions {
  std::string file_name;  ///< Name of the one file in the snapshot, for example "shop.sql".
  std::string type;       ///< "command" or "stream".
  /// Fills `out` and says how many bytes; 0 at the end. Throws to fail the backup: nothing is
  /// saved.
  std::function<std::size_t(MutableByteView out)> read;
};

struct Result {
  std::optional<SnapshotId> snapshot;  ///< Nothing on a dry run.
  std::optional<SnapshotId> parent;
  BlobId tree;
  repo::SnapshotSummary summary;
  std::uint64_t repository_bytes_added = 0;
  std::vector<Problem>
      problems;  ///< Files that could not be read, or changed while they were read.
  std::uint64_t problem_count = 0;
  std::uint64_t unreadable_count = 0;  ///< Of these, files that are missing from the snapshot.
  Duration elapsed{};
  /// PostgreSQL: "start_lsn", "end_lsn", "timeline", "system_id", "server_version", ….
  std::vector<std::pair<std::string, std::string>> details;
};

/// Backs up files. Holds a shared lock of the repository. The caller maps unreadable_count > 0 to
/// exit code 3. Error(kInvalidArgument) when no path of `options.paths` exists.
[[nodiscard]] Result backup_files(repo::Repository& repository, const FileOptions& options,
                                  Progress& progress, const std::stop_token& stop);
/// A base backup over the replication protocol. See source/postgres.
[[nodiscard]] Result backup_postgres(repo::Repository& repository, const PostgresOptions& options,
                                     Progress& progress, const std::stop_token& stop);
[[nodiscard]] Result backup_stream(repo::Repository& repository, const StreamOptions& options,
                                   Progress& progress, const std::stop_token& stop);

}  // namespace pra::backup
