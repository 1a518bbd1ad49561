#pragma once

#include <sys/stat.h>

#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "repo/repository.hpp"
#include "repo/snapshot.hpp"
#include "repo/tree.hpp"

namespace pra::backup {

/// The snapshot that a backup is compared with, or none. Safe for concurrent use.
class ParentSnapshot {
 public:
  ParentSnapshot(repo::Repository& repository, const std::optional<repo::Snapshot>& snapshot);

  [[nodiscard]] bool exists() const { return exists_; }
  /// The entries of the snapshot's root.
  [[nodiscard]] std::vector<repo::Node> root(const std::stop_token& stop) const;
  /// The entries of a directory of it, sorted by name; none when `directory` is no directory. One
  /// that cannot be read is logged: its files are read again, which also heals the repository.
  [[nodiscard]] std::vector<repo::Node> entries(const repo::Node& directory,
                                                const std::stop_token& stop) const;

  /// Whether the content of the file is what `previous` says, without reading it: size, times of
  /// modification and change, and inode are equal, and every blob is still in the index. A file
  /// that was touched in the clock tick in which the parent began, or later, may have been written
  /// again without its times telling, and is not trusted.
  [[nodiscard]] bool is_unchanged(const struct stat& status, const repo::Node& previous) const;
  /// Whether extended attributes may be taken from the parent too: setting one changes the time of
  /// change, but another user may have seen fewer of them.
  [[nodiscard]] bool trusts_attributes() const { return same_user_; }

 private:
  [[nodiscard]] std::vector<repo::Node> load(const BlobId& tree, std::string_view name,
                                             const std::stop_token& stop) const;

  repo::Repository& repository_;
  bool exists_ = false;
  bool same_user_ = false;
  BlobId root_;
  Timestamp began_;
};

}  // namespace pra::backup
