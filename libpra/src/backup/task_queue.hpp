#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "backup/worker_tools.hpp"

namespace pra::backup {

/// The work of a backup, shared by its threads. Three kinds, taken in this order:
///
/// - chunks: parts of large files to hash and compress; there are only as many as their buffers
///   allow;
/// - large files, at most `drivers` at once, because each has buffers of its own;
/// - walk: directories and batches of small files, newest first, so that the tree is walked in
/// depth
///   and few directories are open. It rests while too many large files wait.
///
/// So memory is bounded whatever the tree is like. Safe for concurrent use.
class TaskQueue {
 public:
  using Task = std::function<void(WorkerTools&)>;

  explicit TaskQueue(std::size_t drivers) : drivers_(drivers) {}

  void push_chunk(Task task);
  void push_large(Task task);
  void push_walk(Task task);
  /// Several, of which the first is to be taken first.
  void push_walk(std::vector<Task> tasks);

  /// Works until there is nothing left to do anywhere, or `abort`.
  void work(WorkerTools& tools);
  /// Works on chunks until `done` holds: how a task waits for the chunks it made. `done` is called
  /// with the queue locked. False after `abort`: the chunks may still be at work then, but no more
  /// are started.
  [[nodiscard]] bool help_until(WorkerTools& tools, const std::function<bool()>& done);

  /// No task is started any more.
  void abort();
  [[nodiscard]] bool aborted() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  enum class Kind { kNone, kChunk, kLarge, kWalk };

  [[nodiscard]] Kind next() const;
  void run(Kind kind, WorkerTools& tools, Lock& lock);

  static constexpr std::size_t kWaitingLargeFiles = 16;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> chunks_;
  std::deque<Task> large_;
  std::vector<Task> walk_;
  const std::size_t drivers_;
  std::size_t driving_ = 0;
  std::size_t running_ = 0;
  bool aborted_ = false;
};

}  // namespace pra::backup
