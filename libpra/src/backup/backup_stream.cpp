#include <optional>

#include "backup/backup.hpp"
#include "backup/content_saver.hpp"
#include "backup/snapshot_maker.hpp"
#include "backup/worker_run.hpp"
#include "base/error.hpp"
#include "repo/lock.hpp"
#include "repo/tree.hpp"

namespace pra::backup {
namespace {

void check_file_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    throw Error(ErrorCode::kInvalidArgument,
                "'" + printable(name) + "' cannot be the name of the file that keeps a stream",
                "give a plain file name such as shop.sql");
}

}  // namespace

Result backup_stream(repo::Repository& repository, const StreamOptions& options, Progress& progress,
                     const std::stop_token& caller_stop) {
  progress.begin_phase("backup", 1, 0);
  check_file_name(options.file_name);
  if (!options.read) throw Error(ErrorCode::kInvalidArgument, "there is no stream to back up");

  std::optional<repo::Lock> lock;
  if (!options.dry_run)
    lock.emplace(repository, repo::LockMode::kShared, Duration::zero(), caller_stop);
  const auto stop = lock ? lock->stop_token() : caller_stop;
  SnapshotMaker maker(repository, options, options.type.empty() ? "stream" : options.type,
                      {"/" + options.file_name});
  progress.set_current(printable(options.file_name));
  repository.load_index(stop);

  repo::BlobWriter writer(repository, writer_options(options), stop);
  TaskQueue queue(1);
  const auto workers = worker_count(options);
  ContentSaver content(repository.config().polynomial, queue, workers, progress, stop);
  repo::Node node;
  node.name = options.file_name;
  node.mode = 0644;
  node.modified = node.accessed = node.changed = maker.snapshot().time;
  const auto& snapshot = maker.snapshot();
  node.uid = snapshot.uid;
  node.gid = snapshot.gid;
  queue.push_large([&](WorkerTools& tools) {
    StreamSource source(options.read);
    auto saved = content.save_large(tools, source);
    node.size = saved.size;
    node.content = std::move(saved.blobs);
    node.user = tools.owners.user(node.uid);
    node.group = tools.owners.group(node.gid);
    maker.snapshot().tree =
        tools.blobs.save(repo::BlobType::kTree, as_bytes(repo::encode_tree({node})));
  });
  (void)run_workers(queue, writer, workers, stop);

  auto& summary = maker.summary();
  summary.files_new = summary.total_files_processed = 1;
  summary.total_bytes_processed = node.size;
  progress.add(1, 0);
  return maker.finish(writer, stop);
}

}  // namespace pra::backup
