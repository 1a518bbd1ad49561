#include "backup/tree_walk.hpp"

#include <dirent.h>

#include <algorithm>
#include <span>
#include <utility>

#include "backup/unreadable.hpp"
#include "base/cancel.hpp"

namespace pra::backup {
namespace {

/// Enough entries to make a task worth its handing over, few enough to keep every thread busy.
constexpr std::size_t kBatch = 64;

bool by_name(const DirectoryEntry& a, const DirectoryEntry& b) {
  return a.name < b.name;
}

unsigned char type_of(const struct stat& status) {
  return IFTODT(status.st_mode);
}

}  // namespace

/// A batch at work, on one thread.
struct TreeWalk::BatchWork {
  BatchWork(const DirectoryPointer& of, std::size_t number, WorkerTools& tools)
      : job(of), batch(number), output(of->batches[number].nodes, tools.nodes) {}

  const DirectoryPointer& job;
  const std::size_t batch;
  NodeOutput output;
  std::vector<TaskQueue::Task> directories;  ///< To enter afterwards.

  /// Something of the batch is left for later; `complete` must be called for it.
  [[nodiscard]] std::string* postpone() {
    job->users.fetch_add(1, std::memory_order_relaxed);
    job->batches[batch].pending.fetch_add(1, std::memory_order_relaxed);
    return output.reserve();
  }
};

void TreeWalk::start() {
  auto root = std::make_shared<DirectoryJob>();
  root->path = "/";
  root->target = &parts_.targets;
  parts_.queue.push_walk([this, root](WorkerTools& tools) { enter(tools, root); });
}

BlobId TreeWalk::root() const {
  if (!root_ || (root_is_empty_ && unreadable_ != 0))
    throw Error(ErrorCode::kFailed, "nothing of what was to be backed up could be read",
                "run it as a user who may read the files");
  return *root_;
}

void TreeWalk::report_unreadable(const std::string& path, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) {
    // Removed since its directory was listed: as if it had been removed a moment earlier.
    parts_.logger.debug(printable(path) + " vanished before it was read");
    return;
  }
  unreadable_.fetch_add(1, std::memory_order_relaxed);
  parts_.files.report(path, error.what());
}

void TreeWalk::enter(WorkerTools& tools, const DirectoryPointer& job) {
  throw_if_stopped(parts_.stop);
  try {
    open(tools, *job);
  } catch (const UnreadableError& error) {
    report_unreadable(job->path, error);
    job->directory.reset();
    if (job->parent) {
      job->parent->release();
      complete(tools, job->parent, job->batch);
    }
    return;
  }
  if (job->parent) job->parent->release();
  parts_.progress.set_current(printable(job->path));

  const auto batches = std::max<std::size_t>(1, (job->entries.size() + kBatch - 1) / kBatch);
  job->batches.resize(batches);
  job->users = batches;
  if (batches > 1) {
    std::vector<TaskQueue::Task> tasks;
    for (std::size_t batch = 0; batch < batches; ++batch)
      tasks.push_back(
          [this, job, batch](WorkerTools& worker) { handle_batch(worker, job, batch); });
    parts_.queue.push_walk(std::move(tasks));
  } else {
    handle_batch(tools, job, 0);
  }
}

void TreeWalk::open(WorkerTools& tools, DirectoryJob& job) {
  const auto& parent = job.parent;
  job.directory = reading([&] {
    // A named path may lead through symbolic links; below what was named none is followed.
    if (!parent || job.is_on_the_way()) return Directory::open(job.path);
    return parent->directory->open_directory(job.name);
  });
  const auto status = reading([&] { return job.directory->own_status(); });
  if (parent) {
    job.node = parts_.files.describe(tools, job.directory->descriptor(), status, job.name, job.path,
                                     job.is_on_the_way());
    if (parts_.parent.exists() && job.previous)
      job.previous_entries = parts_.parent.entries(*job.previous, parts_.stop);
  } else {
    job.previous_entries = parts_.parent.root(parts_.stop);
  }
  const bool named = job.target != nullptr && job.target->whole;
  job.device = named || !parent ? status.st_dev : parent->device;
  // A mount point stays as an empty directory.
  if (job.target == nullptr && parts_.selection.one_file_system && status.st_dev != job.device)
    return;
  job.entries = list(job);
}

std::vector<DirectoryEntry> TreeWalk::list(const DirectoryJob& job) const {
  std::vector<DirectoryEntry> entries;
  if (job.target == nullptr || job.target->whole) {
    entries = reading([&] { return job.directory->entries(); });
    std::sort(entries.begin(), entries.end(), by_name);
    parts_.selection.drop_tagged(*job.directory, entries, parts_.logger);
  }
  if (job.is_on_the_way()) {
    for (const auto& [name, target] : job.target->children)
      entries.push_back({name, 0, DT_UNKNOWN});
    std::stable_sort(entries.begin(), entries.end(), by_name);
  }
  // Some file systems list a name twice when the directory changes meanwhile.
  entries.erase(std::unique(entries.begin(), entries.end(),
                            [](const auto& a, const auto& b) { return a.name == b.name; }),
                entries.end());
  return entries;
}

void TreeWalk::handle_batch(WorkerTools& tools, const DirectoryPointer& job, std::size_t batch) {
  BatchWork work(job, batch, tools);
  const auto begin = std::min(batch * kBatch, job->entries.size());
  const auto entries =
      std::span(job->entries).subspan(begin, std::min(kBatch, job->entries.size() - begin));
  const auto& known = job->previous_entries;
  auto previous = known.begin();
  if (!entries.empty())
    previous = std::lower_bound(
        known.begin(), known.end(), entries.front().name,
        [](const repo::Node& node, const std::string& name) { return node.name < name; });
  for (const auto& entry : entries) {
    throw_if_stopped(parts_.stop);
    while (previous != known.end() && previous->name < entry.name)
      ++previous;
    const bool found = previous != known.end() && previous->name == entry.name;
    try {
      handle_entry(tools, work, entry, found ? &*previous : nullptr);
    } catch (const UnreadableError& error) {
      report_unreadable(job->directory->path_of(entry.name), error);
    }
  }
  work.output.flush();
  if (!work.directories.empty()) parts_.queue.push_walk(std::move(work.directories));
  job->release();
  complete(tools, job, batch);
}

void TreeWalk::handle_entry(WorkerTools& tools, BatchWork& work, const DirectoryEntry& entry,
                            const repo::Node* previous) {
  const auto& job = *work.job;
  const source::Target* target = nullptr;
  if (job.target != nullptr) {
    const auto named = job.target->children.find(entry.name);
    if (named != job.target->children.end()) target = &named->second;
  }
  // What was named itself is backed up whatever is excluded.
  const auto& selection = parts_.selection;
  if (target == nullptr && !selection.excludes.empty() &&
      selection.excludes_path(job.directory->path_of(entry.name)))
    return;

  auto type = entry.type;
  if (target != nullptr && !target->children.empty()) {
    type = DT_DIR;
  } else if (type == DT_UNKNOWN) {
    const auto status = reading([&] { return job.directory->status(entry.name); });
    if (!status) return;
    type = type_of(*status);
  }
  switch (type) {
    case DT_DIR:
      descend(work, entry.name, target, previous);
      break;
    case DT_REG:
      handle_file(tools, work, entry.name, previous, target != nullptr);
      break;
    case DT_SOCK:
      parts_.logger.debug(printable(job.directory->path_of(entry.name)) +
                          " is a socket, which is not backed up");
      break;
    default:
      handle_special(tools, work, entry.name, target != nullptr);
  }
}

bool TreeWalk::is_left_out(const DirectoryJob& job, const struct stat& status, bool named) const {
  if (named) return false;
  const auto& selection = parts_.selection;
  return selection.excludes_size(static_cast<std::uint64_t>(status.st_size)) ||
         (selection.one_file_system && status.st_dev != job.device);
}

void TreeWalk::handle_file(WorkerTools& tools, BatchWork& work, const std::string& name,
                           const repo::Node* previous, bool named) {
  const auto& job = *work.job;
  const auto& directory = *job.directory;
  if (previous != nullptr && previous->type == repo::NodeType::kFile) {
    const auto status = reading([&] { return directory.status(name); });
    if (!status || (S_ISREG(status->st_mode) && is_left_out(job, *status, named))) return;
    if (S_ISREG(status->st_mode) && parts_.parent.is_unchanged(*status, *previous))
      return work.output.add(parts_.files.keep_file(tools, *status, directory, *previous));
  }
  const auto file = reading([&] { return directory.open_file(name); });
  const auto status = reading([&] { return file.status(); });
  if (!S_ISREG(status.st_mode)) return handle_special(tools, work, name, named);
  if (is_left_out(job, status, named)) return;
  if (static_cast<std::uint64_t>(status.st_size) > ContentSaver::kLargeFile)
    return defer_large_file(work, name, previous);
  work.output.add(parts_.files.save_file(tools, file, status, name, previous));
}

void TreeWalk::handle_special(WorkerTools& tools, BatchWork& work, const std::string& name,
                              bool named) {
  const auto& job = *work.job;
  const auto node = reading([&] {
    return source::node_of_entry(*job.directory, name, tools.owners, parts_.files.metadata());
  });
  if (!node || node->type == repo::NodeType::kSocket) return;
  if (!named && parts_.selection.one_file_system && node->device_id != job.device) return;
  if (node->type == repo::NodeType::kFile || node->type == repo::NodeType::kDirectory ||
      node->type == repo::NodeType::kIrregular)
    throw UnreadableError(
        Error(ErrorCode::kFailed, "cannot back up " + printable(job.directory->path_of(name)) +
                                      ": its type changed, or is none that a backup can hold"));
  work.output.add(*node);
}

void TreeWalk::defer_large_file(BatchWork& work, const std::string& name,
                                const repo::Node* previous) {
  // `previous` lives as long as the job has users.
  parts_.queue.push_large([this, job = work.job, batch = work.batch, name, previous,
                           slot = work.postpone()](WorkerTools& tools) {
    try {
      const auto file = reading([&] { return job->directory->open_file(name); });
      const auto status = reading([&] { return file.status(); });
      if (!S_ISREG(status.st_mode))
        throw UnreadableError(
            Error(ErrorCode::kFailed, printable(file.name()) + " is no regular file any more"));
      repo::encode_node(parts_.files.save_file(tools, file, status, name, previous), *slot);
    } catch (const UnreadableError& error) {
      report_unreadable(job->directory->path_of(name), error);
    }
    job->release();
    complete(tools, job, batch);
  });
}

void TreeWalk::descend(BatchWork& work, const std::string& name, const source::Target* target,
                       const repo::Node* previous) {
  auto child = std::make_shared<DirectoryJob>();
  child->parent = work.job;
  child->batch = work.batch;
  child->slot = work.postpone();
  child->name = name;
  child->path = work.job->directory->path_of(name);
  child->target = target;
  if (previous != nullptr) child->previous = *previous;
  work.directories.push_back([this, child](WorkerTools& tools) { enter(tools, child); });
}

void TreeWalk::complete(WorkerTools& tools, DirectoryPointer job, std::size_t batch) {
  while (job && job->batches[batch].pending.fetch_sub(1, std::memory_order_acq_rel) == 1 &&
         job->settle()) {
    make_tree(tools, *job);
    batch = job->batch;
    job = job->parent;
  }
}

void TreeWalk::make_tree(WorkerTools& tools, DirectoryJob& job) {
  if (!job.parent) root_is_empty_ = job.tree.empty();
  const auto tree = job.tree.finish();
  const auto id = tools.blobs.save(repo::BlobType::kTree, as_bytes(tree));
  if (!job.parent) {
    root_ = id;
    return;
  }
  job.node.subtree = id;
  repo::encode_node(job.node, *job.slot);
  auto& counts = tools.counts;
  ++(!job.previous                        ? counts.dirs_new
     : same_node(*job.previous, job.node) ? counts.dirs_unmodified
                                          : counts.dirs_changed);
}

}  // namespace pra::backup
