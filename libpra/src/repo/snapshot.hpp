#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace pra::repo {

struct SnapshotSummary {
  Timestamp backup_start;
  Timestamp backup_end;
  std::uint64_t files_new = 0;
  std::uint64_t files_changed = 0;
  std::uint64_t files_unmodified = 0;
  std::uint64_t dirs_new = 0;
  std::uint64_t dirs_changed = 0;
  std::uint64_t dirs_unmodified = 0;
  std::int64_t data_blobs = 0;
  std::int64_t tree_blobs = 0;
  std::uint64_t data_added = 0;         ///< Bytes of new blobs before compression.
  std::uint64_t data_added_packed = 0;  ///< As stored.
  std::uint64_t total_files_processed = 0;
  std::uint64_t total_bytes_processed = 0;
};

struct Snapshot {
  SnapshotId id;  ///< Name of its file; not part of the JSON.
  Timestamp time;
  std::optional<SnapshotId> parent;
  BlobId tree;
  std::vector<std::string> paths;
  std::string hostname;
  std::string username;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::string> excludes;
  std::vector<std::string> tags;
  std::optional<SnapshotId> original;
  std::string program_version;
  std::optional<SnapshotSummary> summary;

  /// The value of the tag "pra:source=<name>", which names the source of pra.yaml; empty without.
  [[nodiscard]] std::string source() const;
  /// The value of the tag "pra:type=<type>" ("files", "postgres", "command"); "files" without.
  [[nodiscard]] std::string type() const;
};

[[nodiscard]] std::string encode_snapshot(const Snapshot& snapshot);
[[nodiscard]] Snapshot decode_snapshot(std::string_view text, const SnapshotId& id);

/// Which snapshots a command means. Empty members match everything.
struct SnapshotFilter {
  std::string host;
  std::string source;
  std::vector<std::string> tags;   ///< All of them.
  std::vector<std::string> paths;  ///< All of them.
};
[[nodiscard]] bool matches(const Snapshot& snapshot, const SnapshotFilter& filter);

}  // namespace pra::repo
