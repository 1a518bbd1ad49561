#include "ops/restore_by_type.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "ops/read_lock.hpp"

namespace pra::ops {

restore::Result restore_by_type(repo::Repository& repository, const repo::Snapshot& snapshot,
                                const restore::PostgresOptions& options, Progress& progress,
                                const std::stop_token& stop) {
  const bool is_cluster = snapshot.type() == "postgres";
  if (!is_cluster && (!options.tablespaces.empty() || options.replace_foreign))
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("snapshot {} is not a PostgreSQL cluster: 'tablespace' and "
                            "'replace_foreign' say nothing about it",
                            snapshot.id.short_hex()),
                "leave them out");
  repository.logger().info(fmt::format("restoring snapshot {} of {} from {}",
                                       snapshot.id.short_hex(), format_local(snapshot.time),
                                       printable(snapshot.hostname)));
  const ReadLock lock(repository, stop);
  return is_cluster ? restore::restore_postgres(repository, snapshot, options, progress, stop)
                    : restore::restore_snapshot(repository, snapshot, options, progress, stop);
}

}  // namespace pra::ops
