#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "backup/content_source.hpp"
#include "backup/task_queue.hpp"
#include "backup/worker_tools.hpp"
#include "base/progress.hpp"
#include "chunk/rabin.hpp"

namespace pra::backup {

/// A file's bytes as they were stored.
struct SavedContent {
  std::vector<BlobId> blobs;
  std::uint64_t size = 0;
};

/// Cuts content where restic would and saves the chunks. Safe for concurrent use.
class ContentSaver {
 public:
  /// Up to this size a file is read whole by one thread; larger ones are spread over all.
  static constexpr std::uint64_t kLargeFile = 8 << 20;

  ContentSaver(chunk::Polynomial polynomial, TaskQueue& queue, unsigned workers, Progress& progress,
               std::stop_token stop)
      : tables_(polynomial), queue_(queue), workers_(workers), progress_(progress), stop_(stop) {}

  /// A file of at most kLargeFile bytes. Reads no further than `size`.
  [[nodiscard]] SavedContent save_small(WorkerTools& tools, const File& file, std::uint64_t size);

  /// Content of any size, from within a large-file task of the queue: it is read here, block by
  /// block, and the chunks are hashed and compressed by every thread. Takes two blocks of memory.
  [[nodiscard]] SavedContent save_large(WorkerTools& tools, ContentSource& source);

 private:
  struct Block;
  struct Scan;

  [[nodiscard]] BlobId save_chunk(WorkerTools& tools, ByteView chunk);
  [[nodiscard]] BlobId zero_chunk(WorkerTools& tools);
  /// The ends of the chunks that are complete within the block; all of them when it is the last.
  [[nodiscard]] std::vector<std::uint64_t> cut(WorkerTools& tools,
                                               const std::shared_ptr<Block>& block, bool last);
  [[nodiscard]] std::vector<std::uint64_t> cut_serially(ByteView bytes, bool last) const;
  void wait_for(WorkerTools& tools, const std::atomic<std::size_t>& outstanding);
  [[nodiscard]] std::shared_ptr<Block> take_block();

  const chunk::RabinTables tables_;
  TaskQueue& queue_;
  const unsigned workers_;
  Progress& progress_;
  const std::stop_token stop_;
  std::mutex mutex_;  ///< Of what follows.
  std::optional<BlobId> zero_;
  std::vector<std::shared_ptr<Block>> blocks_;  ///< Kept for the next large file.
};

}  // namespace pra::backup
