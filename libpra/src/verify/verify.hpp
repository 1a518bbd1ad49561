#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "base/time.hpp"
#include "repo/repository.hpp"

namespace pra::verify {

/// Something that is wrong, and what it costs.
struct Finding {
  std::string severity;  ///< "error": data is damaged or missing. "warning": waste or oddity.
  std::string object;    ///< "pack 1234…", "snapshot …", path.
  std::string message;
};

struct CheckOptions {
  bool read_data = false;
  /// Part of the packs to read, 0 < share ≤ 1, chosen at random, with read_data.
  double share = 1.0;
  unsigned workers = 0;
};

struct CheckResult {
  std::vector<Finding> findings;  ///< Bounded to 10,000; `error_count` counts all.
  std::uint64_t error_count = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t trees = 0;
  std::uint64_t blobs = 0;
  std::uint64_t packs = 0;
  std::uint64_t packs_read = 0;
  std::uint64_t bytes_read = 0;
  /// "path (snapshot)" of files that damaged blobs belong to; bounded to 1,000.
  std::vector<std::string> damaged_files;
  Duration elapsed{};
};

/// Checks the repository: every index, pack (present, size equal to what the index says), snapshot
/// and tree is readable and consistent and every blob that a tree needs is there; with read_data
/// also each pack's hash, header and every blob. Holds a shared lock. Nothing is changed.
[[nodiscard]] CheckResult check_repository(repo::Repository& repository,
                                           const CheckOptions& options, Progress& progress,
                                           const std::stop_token& stop);

struct CompareResult {
  std::vector<Finding> differences;  ///< Every path that differs, and in what. Bounded to 10,000.
  std::uint64_t difference_count = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes_read = 0;
  Duration elapsed{};
};

/// Compares a tree on disk with a snapshot: content by hash, and all metadata (type, mode, owner,
/// mtime, links, xattrs, device); missing and extra entries. `subpath` as in restore.
[[nodiscard]] CompareResult compare_restored(repo::Repository& repository,
                                             const repo::Snapshot& snapshot,
                                             const std::string& directory,
                                             const std::string& subpath, Progress& progress,
                                             const std::stop_token& stop);

struct DigestOptions {
  std::string path;
  std::string algorithm =
      "sha256";  ///< sha224, sha256, sha384, sha512, sha1, md5, blake2b (b2sum).
  unsigned workers = 0;
};
struct DigestLine {
  std::string hex;
  std::string path;  ///< As `sha256sum` would print it: relative to the working directory as given.
};
struct DigestResult {
  std::vector<DigestLine> lines;  ///< Sorted by path.
  /// The algorithm over all lines with paths below the root: one value for the whole tree, equal
  /// for equal trees wherever they are. As printed by
  /// `cd PATH && find -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.
  std::string tree;
  std::uint64_t bytes = 0;
  std::vector<Problem> problems;
};
/// Integrity hashing of every regular file below a path (which may be a symbolic link; below it
/// none is followed), or of one file. What cannot be read is a problem, and the rest goes on.
[[nodiscard]] DigestResult digest_tree(const DigestOptions& options, Progress& progress,
                                       const std::stop_token& stop);
/// The lines as `sha256sum` prints them, with its escapes for odd names.
[[nodiscard]] std::string format_digest_lines(const DigestResult& result);

struct DigestCheck {
  std::uint64_t matched = 0;
  std::vector<Finding> failures;
};
/// Checks files against a list in the form of `sha256sum` (or of digest_tree), or with BSD-style
/// lines
/// ("SHA256 (name) = …"), whose own algorithm counts. Relative names start at `options.path`, or at
/// the working directory when it is empty. Lines that cannot be read are failures too;
/// Error(kInvalidArgument) when no line can. Failures are in the order of the list.
[[nodiscard]] DigestCheck check_digests(const std::string& list_text, const DigestOptions& options,
                                        Progress& progress, const std::stop_token& stop);

}  // namespace pra::verify
