#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "backup/backup.hpp"
#include "base/progress.hpp"
#include "base/time.hpp"
#include "repo/blob_writer.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot.hpp"

namespace pra::backup {

/// The hostname that a backup with these options records.
[[nodiscard]] std::string host_name_of(const CommonOptions& options);

/// What every kind of backup does around its own work: it starts a snapshot (who, where, when, the
/// tags "pra:source=…" and "pra:type=…") and, after the data is written, completes the result.
/// Order of use: make it, back up through a BlobWriter, fill in `snapshot()` and `result()` what
/// only that kind knows (tree, parent, excludes, counts in the summary), `finish`. One thread.
class SnapshotMaker {
 public:
  /// `type` is "files", "postgres", "command" or "stream".
  SnapshotMaker(repo::Repository& repository, const CommonOptions& options, std::string_view type,
                std::vector<std::string> paths);

  [[nodiscard]] repo::Snapshot& snapshot() { return snapshot_; }
  /// Counts of files, directories and bytes; those of blobs are filled by `finish`.
  [[nodiscard]] repo::SnapshotSummary& summary() { return summary_; }
  /// When the backup began; the time of the snapshot unless the options say another.
  [[nodiscard]] const Timestamp& started() const { return summary_.backup_start; }
  /// Items that could not be handled; safe for concurrent use.
  [[nodiscard]] ProblemList& problems() { return problems_; }

  /// Makes everything that was saved durable (BlobWriter::finish), and only then stores the
  /// snapshot, unless this is a dry run. `snapshot().tree` must be set.
  [[nodiscard]] Result finish(repo::BlobWriter& writer, const std::stop_token& stop);

 private:
  repo::Repository& repository_;
  bool dry_run_;
  repo::Snapshot snapshot_;
  repo::SnapshotSummary summary_;
  ProblemList problems_;
};

/// The newest snapshot a backup of `paths` can be compared with: same host, these paths among its
/// own, not younger than `time`; of the same source where the options name one. `options.parent`
/// names it outright. Nothing when there is none. List before the index is loaded.
[[nodiscard]] std::optional<repo::Snapshot> find_parent(repo::Repository& repository,
                                                        const FileOptions& options,
                                                        const std::vector<std::string>& paths,
                                                        const Timestamp& time,
                                                        const std::stop_token& stop);

/// What the BlobWriter of a backup with these options is made with.
[[nodiscard]] repo::BlobWriterOptions writer_options(const CommonOptions& options);

/// How many threads work: `options.workers`, or as many as keep the cores busy.
[[nodiscard]] unsigned worker_count(const CommonOptions& options);

}  // namespace pra::backup
