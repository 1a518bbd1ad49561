#include <algorithm>
#include <memory>

#include "backup/backup.hpp"
#include "backup/snapshot_maker.hpp"
#include "backup/tree_walk.hpp"
#include "backup/worker_run.hpp"
#include "base/cancel.hpp"
#include "repo/lock.hpp"
#include "source/files/path.hpp"

namespace pra::backup {
namespace {

bool exists(const std::string& path) {
  if (path == "/") return true;
  const auto slash = path.rfind('/');
  try {
    return Directory::open(slash == 0 ? "/" : path.substr(0, slash))
        .status(path.substr(slash + 1))
        .has_value();
  } catch (const Error& error) {
    // What we may not look at is there, for all we know; the walk says what is wrong with it.
    return error.code() != ErrorCode::kNotFound;
  }
}

struct Paths {
  std::vector<std::string> present;
  std::vector<std::string> missing;
};

Paths find_paths(const FileOptions& options) {
  Paths paths;
  for (const auto& given : options.paths) {
    if (given.empty() || given.find('\0') != std::string::npos)
      throw Error(ErrorCode::kInvalidArgument,
                  "'" + printable(given) + "' is not a path that can be backed up");
    auto path = source::absolute_path(given);
    auto& list = exists(path) ? paths.present : paths.missing;
    if (std::find(list.begin(), list.end(), path) == list.end()) list.push_back(std::move(path));
  }
  if (paths.present.empty())
    throw Error(ErrorCode::kInvalidArgument,
                paths.missing.empty()
                    ? "no path to back up was given"
                    : "nothing to back up: " + printable(paths.missing.front()) + " does not exist",
                paths.missing.empty()
                    ? ""
                    : "look for a typing error or a file system that is not mounted");
  return paths;
}

source::Selection make_selection(const FileOptions& options, FileSystem& files) {
  source::Selection selection;
  auto patterns = options.excludes;
  for (const auto& path : options.exclude_files) {
    auto more = source::read_pattern_file(files, path);
    patterns.insert(patterns.end(), more.begin(), more.end());
  }
  selection.excludes = source::PatternList(patterns);
  if (options.exclude_caches) selection.tag_files.push_back(source::cache_directory_tag());
  for (const auto& specification : options.exclude_if_present)
    selection.tag_files.push_back(source::parse_tag_file(specification));
  selection.one_file_system = options.one_file_system;
  selection.larger_than = options.exclude_larger_than;
  return selection;
}

}  // namespace

Result backup_files(repo::Repository& repository, const FileOptions& options, Progress& progress,
                    const std::stop_token& caller_stop) {
  progress.begin_phase("backup", 0, 0);
  const auto paths = find_paths(options);
  const auto selection = make_selection(options, repository.files());
  const auto targets = source::make_targets(paths.present);

  std::optional<repo::Lock> lock;
  if (!options.dry_run)
    lock.emplace(repository, repo::LockMode::kShared, Duration::zero(), caller_stop);
  const auto stop = lock ? lock->stop_token() : caller_stop;

  SnapshotMaker maker(repository, options, "files", paths.present);
  auto& snapshot = maker.snapshot();
  snapshot.excludes = options.excludes;
  for (const auto& path : paths.missing) {
    maker.problems().add({printable(path), printable(path) + " does not exist"});
    progress.add_problem();
    repository.logger().warning(printable(path) + " does not exist");
  }
  // Snapshots first, then the index: so the index knows all that the parent needs.
  const auto parent = find_parent(repository, options, paths.present, snapshot.time, stop);
  if (parent) snapshot.parent = parent->id;
  repository.load_index(stop);

  repo::BlobWriter writer(repository, writer_options(options), stop);
  TaskQueue queue(kLargeFilesAtOnce);
  const auto workers = worker_count(options);
  ContentSaver content(repository.config().polynomial, queue, workers, progress, stop);
  const ParentSnapshot compare(repository, parent);
  FileSaver files(content, compare, {options.with_access_times}, maker.problems(), progress,
                  repository.logger());
  TreeWalk walk({targets, selection, compare, files, queue, progress, repository.logger(), stop});
  walk.start();
  const auto counts = run_workers(queue, writer, workers, stop);

  auto& summary = maker.summary();
  const auto started = summary.backup_start;
  summary = counts;
  summary.backup_start = started;
  snapshot.tree = walk.root();
  auto result = maker.finish(writer, stop);
  result.unreadable_count = walk.unreadable() + paths.missing.size();
  return result;
}

}  // namespace pra::backup
