#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "backup/directory_job.hpp"
#include "backup/file_saver.hpp"
#include "backup/parent_snapshot.hpp"
#include "backup/task_queue.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "source/files/selection.hpp"
#include "source/files/targets.hpp"

namespace pra::backup {

/// Walks the targets in depth, by the tasks of a queue, and makes their trees from the leaves up.
/// Names within a directory are in the order of their bytes, so equal directories make equal trees
/// however the work was spread. Everything referred to must outlive the queue's work.
class TreeWalk {
 public:
  struct Parts {
    const source::Target& targets;
    const source::Selection& selection;
    const ParentSnapshot& parent;
    FileSaver& files;
    TaskQueue& queue;
    Progress& progress;
    Logger& logger;
    std::stop_token stop;
  };

  explicit TreeWalk(const Parts& parts) : parts_(parts) {}

  /// Puts the first task into the queue.
  void start();
  /// The snapshot's tree, after the queue's work is done. Error(kFailed) when nothing at all could
  /// be read.
  [[nodiscard]] BlobId root() const;
  /// Items that are missing from the snapshot because they could not be read.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  struct BatchWork;

  void enter(WorkerTools& tools, const DirectoryPointer& job);
  void open(WorkerTools& tools, DirectoryJob& job);
  [[nodiscard]] std::vector<DirectoryEntry> list(const DirectoryJob& job) const;
  void handle_batch(WorkerTools& tools, const DirectoryPointer& job, std::size_t batch);
  void handle_entry(WorkerTools& tools, BatchWork& work, const DirectoryEntry& entry,
                    const repo::Node* previous);
  void handle_file(WorkerTools& tools, BatchWork& work, const std::string& name,
                   const repo::Node* previous, bool named);
  void handle_special(WorkerTools& tools, BatchWork& work, const std::string& name, bool named);
  void defer_large_file(BatchWork& work, const std::string& name, const repo::Node* previous);
  void descend(BatchWork& work, const std::string& name, const source::Target* target,
               const repo::Node* previous);
  [[nodiscard]] bool is_left_out(const DirectoryJob& job, const struct stat& status,
                                 bool named) const;
  /// One part of a batch is done; after the directory's last one the tree is made, and so on up.
  void complete(WorkerTools& tools, DirectoryPointer job, std::size_t batch);
  void make_tree(WorkerTools& tools, DirectoryJob& job);
  void report_unreadable(const std::string& path, const Error& error);

  const Parts parts_;
  std::atomic<std::uint64_t> unreadable_ = 0;
  std::optional<BlobId> root_;
  bool root_is_empty_ = false;
};

}  // namespace pra::backup
