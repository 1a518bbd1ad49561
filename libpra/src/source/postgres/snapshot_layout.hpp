#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "repo/snapshot.hpp"
#include "source/postgres/lsn.hpp"

namespace pra::source::postgres {

/// How a cluster lies in a snapshot. Below "/postgres/<name>" there are
///   data/               the data directory, as it must be on disk
///   tablespaces/<oid>/  each tablespace; data/pg_tblspc/<oid> is a relative link to it, so that
///   the
///                       whole starts wherever it is restored to
///   backup.json         what follows
inline constexpr std::string_view kTopDirectory = "postgres";
inline constexpr std::string_view kDataDirectory = "data";
inline constexpr std::string_view kTablespacesDirectory = "tablespaces";
inline constexpr std::string_view kDescriptionFile = "backup.json";
inline constexpr std::string_view kTablespaceLinks = "pg_tblspc";
inline constexpr std::string_view kControlFile = "global/pg_control";

/// How the tags begin that hold what is wanted without opening a tree.
inline constexpr std::string_view kTagPrefix = "pra:postgres:";

/// What a restore, and later the choice of write-ahead log, must know about a base backup.
struct Description {
  struct Tablespace {
    std::uint32_t oid = 0;
    std::string location;   ///< On the server that was backed up.
    bool in_place = false;  ///< A directory in pg_tblspc itself, no link.
  };

  std::string system_identifier;
  std::string version;
  Lsn start_lsn;
  Lsn end_lsn;
  std::uint32_t timeline = 0;
  Timestamp started;
  Timestamp ended;
  std::uint64_t wal_segment_size = 0;
  bool data_checksums = false;
  bool from_standby = false;
  std::uint64_t page_group = 0;
  std::vector<Tablespace> tablespaces;

  [[nodiscard]] std::string major() const { return version.substr(0, version.find('.')); }
};

[[nodiscard]] std::string encode_description(const Description& description);
/// Hostile input: Error(kCorrupt) for anything that a backup would not have written.
[[nodiscard]] Description decode_description(std::string_view text);

/// "pra:postgres:version=15", "…:system_id=…", "…:start_lsn=…", "…:end_lsn=…", "…:timeline=…" and
/// "…:page_group=…".
[[nodiscard]] std::vector<std::string> description_tags(const Description& description);
/// The value of the tag "pra:postgres:<name>=".
[[nodiscard]] std::optional<std::string> description_tag(const repo::Snapshot& snapshot,
                                                         std::string_view name);

}  // namespace pra::source::postgres
