#pragma once

#include <stop_token>
#include <string>

#include "base/progress.hpp"
#include "repo/repository.hpp"
#include "restore/restore.hpp"

namespace pra::ops {

/// Restores a snapshot as its type wants it: a tree, or a PostgreSQL cluster.
[[nodiscard]] restore::Result restore_by_type(repo::Repository& repository,
                                              const repo::Snapshot& snapshot,
                                              const restore::PostgresOptions& options,
                                              Progress& progress, const std::stop_token& stop);

}  // namespace pra::ops
