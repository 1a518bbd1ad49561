#include "backup/snapshot_maker.hpp"

#include <algorithm>
#include <utility>

#include "base/host.hpp"
#include "base/worker_group.hpp"

namespace pra::backup {

std::string host_name_of(const CommonOptions& options) {
  return options.hostname.empty() ? current_identity().hostname : options.hostname;
}

SnapshotMaker::SnapshotMaker(repo::Repository& repository, const CommonOptions& options,
                             std::string_view type, std::vector<std::string> paths)
    : repository_(repository), dry_run_(options.dry_run) {
  summary_.backup_start = repository.clock().now();
  snapshot_.time = options.time.value_or(summary_.backup_start);
  snapshot_.paths = std::move(paths);
  snapshot_.hostname = host_name_of(options);
  const auto identity = current_identity();
  snapshot_.username = identity.username;
  snapshot_.uid = identity.uid;
  snapshot_.gid = identity.gid;
  if (!options.source_name.empty()) snapshot_.tags.push_back("pra:source=" + options.source_name);
  snapshot_.tags.push_back("pra:type=" + std::string(type));
  for (const auto& tag : options.tags)
    if (std::find(snapshot_.tags.begin(), snapshot_.tags.end(), tag) == snapshot_.tags.end())
      snapshot_.tags.push_back(tag);
  snapshot_.program_version = "pra " PRA_VERSION;
}

Result SnapshotMaker::finish(repo::BlobWriter& writer, const std::stop_token& stop) {
  writer.finish();
  const auto statistics = writer.statistics();
  summary_.data_blobs = static_cast<std::int64_t>(statistics.data_blobs);
  summary_.tree_blobs = static_cast<std::int64_t>(statistics.tree_blobs);
  summary_.data_added = statistics.data_added;
  summary_.data_added_packed = statistics.data_added_packed;
  summary_.backup_end = repository_.clock().now();
  snapshot_.summary = summary_;

  Result result;
  if (!dry_run_) result.snapshot = repository_.save_snapshot(snapshot_, stop);
  result.parent = snapshot_.parent;
  result.tree = snapshot_.tree;
  result.summary = summary_;
  result.repository_bytes_added = statistics.data_added_packed;
  result.problems = problems_.items();
  result.problem_count = problems_.count();
  result.elapsed = repository_.clock().now().since(summary_.backup_start);
  return result;
}

std::optional<repo::Snapshot> find_parent(repo::Repository& repository, const FileOptions& options,
                                          const std::vector<std::string>& paths,
                                          const Timestamp& time, const std::stop_token& stop) {
  if (options.force) return std::nullopt;
  repo::SnapshotFilter filter;
  filter.host = host_name_of(options);
  filter.source = options.source_name;
  filter.paths = paths;
  if (!options.parent.empty()) return repository.find_snapshot(options.parent, filter, stop);
  auto candidates = repository.snapshots(filter, stop);
  while (!candidates.empty() && candidates.back().time > time)
    candidates.pop_back();
  if (candidates.empty()) return std::nullopt;
  return std::move(candidates.back());
}

repo::BlobWriterOptions writer_options(const CommonOptions& options) {
  repo::BlobWriterOptions out;
  out.compression_level = options.compression_level;
  out.dry_run = options.dry_run;
  return out;
}

unsigned worker_count(const CommonOptions& options) {
  // While some wait for the disk the others keep the cores busy.
  constexpr unsigned kWaiting = 2;
  return options.workers != 0 ? options.workers : usable_cores() + kWaiting;
}

}  // namespace pra::backup
