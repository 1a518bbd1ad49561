#include "backup/worker_run.hpp"

#include <mutex>

#include "base/cancel.hpp"
#include "base/worker_group.hpp"

namespace pra::backup {
namespace {

void add(repo::SnapshotSummary& sum, const repo::SnapshotSummary& share) {
  sum.files_new += share.files_new;
  sum.files_changed += share.files_changed;
  sum.files_unmodified += share.files_unmodified;
  sum.dirs_new += share.dirs_new;
  sum.dirs_changed += share.dirs_changed;
  sum.dirs_unmodified += share.dirs_unmodified;
  sum.total_bytes_processed += share.total_bytes_processed;
  sum.total_files_processed = sum.files_new + sum.files_changed + sum.files_unmodified;
}

}  // namespace

repo::SnapshotSummary run_workers(TaskQueue& queue, repo::BlobWriter& writer, unsigned workers,
                                  const std::stop_token& stop) {
  std::mutex mutex;
  repo::SnapshotSummary counts;
  const std::stop_callback on_stop(stop, [&] { queue.abort(); });
  WorkerGroup group([&] { queue.abort(); });
  for (unsigned i = 0; i < workers; ++i)
    group.start([&] {
      WorkerTools tools(writer);
      queue.work(tools);
      const std::scoped_lock lock(mutex);
      add(counts, tools.counts);
    });
  group.join();
  throw_if_stopped(stop);
  return counts;
}

}  // namespace pra::backup
