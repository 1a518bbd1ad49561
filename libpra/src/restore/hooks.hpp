#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "restore/restore.hpp"

namespace pra::restore {

/// What the restore of a special kind of source adds to that of a plain tree. Paths are relative to
/// the restored root, with '/' between parts and none in front: "global/pg_control".
struct Hooks {
  /// Files that appear last, in this order. What stands in their place is removed before anything
  /// else changes; each is written under a temporary name, synced and renamed to its own after
  /// everything else is durable, and its directory is synced. When nothing at all needs to
  /// change they stay as they are.
  std::vector<std::string> write_last;
  /// Symbolic links that point elsewhere than in the snapshot: path → target of the link.
  /// (Tablespaces are restored by calls of their own, each to its place, before the data
  /// directory.)
  std::map<std::string, std::string> link_targets;
  /// Write runs of zeros instead of leaving holes.
  bool write_zeros = false;
};

/// `restore_snapshot` of any tree, with hooks. `options.subpath` is below `tree`.
[[nodiscard]] Result restore_tree(repo::Repository& repository, const BlobId& tree,
                                  const Options& options, const Hooks& hooks, Progress& progress,
                                  const std::stop_token& stop);

}  // namespace pra::restore
