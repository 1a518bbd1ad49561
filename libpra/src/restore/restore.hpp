#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "base/time.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot.hpp"

namespace pra::restore {

/// What happens to files that are in the target already.
enum class Overwrite {
  kAlways,     ///< Every block is read and compared, and those that differ are written.
  kIfChanged,  ///< The same, but for files of equal size and modification time, which are trusted.
  kNever,      ///< They stay as they are, metadata included.
};

struct Options {
  std::string target;
  std::vector<std::string> include;  ///< Patterns as restic's; empty: everything.
  std::vector<std::string> exclude;
  bool remove_extra = false;  ///< Remove what the snapshot does not have (within what is included).
  Overwrite overwrite = Overwrite::kIfChanged;
  bool verify = false;   ///< Read everything back and compare, after the sync.
  bool dry_run = false;  ///< Say what would change; write nothing.
  unsigned workers = 0;  ///< 0: by cores and the store's connections.
  /// When not empty: restores only what lies below this path of the snapshot, as if it were its
  /// root.
  std::string subpath;
};

/// One entry that would change or changed; for diffs of Ansible and dry runs. Bounded to 1,000.
struct Change {
  std::string path;
  std::string action;  ///< "create", "update", "metadata", "remove".
};

struct Result {
  std::uint64_t files_restored = 0;  ///< Created or their content changed.
  std::uint64_t files_unchanged = 0;
  std::uint64_t entries_restored = 0;  ///< All kinds, created or changed, metadata included.
  std::uint64_t entries_removed = 0;
  /// Files, links and directories that are missing or not whole: the restore did not succeed.
  std::uint64_t failed_files = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_total = 0;  ///< Size of all files in the plan.
  bool changed = false;           ///< False when the target was equal already.
  std::vector<Change> changes;
  std::uint64_t change_count = 0;
  std::vector<Problem> problems;
  std::uint64_t problem_count = 0;
  Duration elapsed{};
  std::vector<std::pair<std::string, std::string>> details;
};

/// Restores a snapshot's tree into a directory, which is created when absent. Plans by pack,
/// fetches ranges in parallel, checks every blob before it is written, keeps holes, repairs
/// existing files block by block, applies metadata last, syncs, and only then returns. Never writes
/// outside of the target whatever the snapshot's names and links are.
///
/// What could not be restored is in `problems`. Lost content (damaged or missing blobs) counts in
/// `failed_files` too: such a file is not left looking whole. When this run created it, it is
/// removed; when it was there before, only its good blocks were updated and its time is not set, so
/// that the next run examines it again. Metadata that could not be set (owners without root) is
/// only a problem. Error(kNoSpace), Error(kCancelled) and failures of the store end the restore.
[[nodiscard]] Result restore_snapshot(repo::Repository& repository, const repo::Snapshot& snapshot,
                                      const Options& options, Progress& progress,
                                      const std::stop_token& stop);

struct PostgresOptions : Options {
  /// Tablespace locations: from the path in the snapshot (or the tablespace's oid) to a new one.
  std::map<std::string, std::string> tablespaces;
  /// Allow a target that holds a cluster with another system identifier.
  bool replace_foreign = false;
};

/// The same for a snapshot of a PostgreSQL cluster: refuses a running cluster and, unless told
/// otherwise, one with another system identifier; tablespaces may move; pg_control is written last.
[[nodiscard]] Result restore_postgres(repo::Repository& repository, const repo::Snapshot& snapshot,
                                      const PostgresOptions& options, Progress& progress,
                                      const std::stop_token& stop);

}  // namespace pra::restore
