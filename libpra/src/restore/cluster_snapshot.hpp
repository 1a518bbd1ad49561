#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "repo/repository.hpp"
#include "repo/snapshot.hpp"
#include "repo/tree.hpp"
#include "source/postgres/snapshot_layout.hpp"

namespace pra::restore {

/// Where the parts of a PostgreSQL cluster are in a snapshot, and what is known of it.
struct ClusterSnapshot {
  source::postgres::Description description;
  std::string data_path;            ///< Path of the data directory in the snapshot.
  repo::Node data;                  ///< Its node: owner and mode.
  std::vector<repo::Node> entries;  ///< What is in it, at the top.
  struct Tablespace {
    std::string path;  ///< In the snapshot.
    repo::Node node;
    std::vector<std::string> versions;  ///< Its directories, "PG_15_202209061".
  };
  std::map<std::uint32_t, Tablespace> tablespaces;  ///< By oid; without those in place.
};

/// Reads it. The index must be loaded. Error(kInvalidArgument) when the snapshot is no cluster's,
/// Error(kCorrupt) when a part is missing.
[[nodiscard]] ClusterSnapshot open_cluster_snapshot(repo::Repository& repository,
                                                    const repo::Snapshot& snapshot,
                                                    const std::stop_token& stop);

}  // namespace pra::restore
