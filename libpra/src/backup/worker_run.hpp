#pragma once

#include <stop_token>

#include "backup/task_queue.hpp"
#include "repo/blob_writer.hpp"
#include "repo/snapshot.hpp"

namespace pra::backup {

/// Works a queue off with `workers` threads, each with tools of its own. Returns the sum of their
/// counts; throws the first failure, and Error(kCancelled) when `stop` was requested.
[[nodiscard]] repo::SnapshotSummary run_workers(TaskQueue& queue, repo::BlobWriter& writer,
                                                unsigned workers, const std::stop_token& stop);

/// How many large files are cut at once; each takes up to 48 MiB.
inline constexpr std::size_t kLargeFilesAtOnce = 2;

}  // namespace pra::backup
