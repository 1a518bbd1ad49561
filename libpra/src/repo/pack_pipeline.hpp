#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/worker_group.hpp"
#include "repo/pack.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

/// The background half of a BlobWriter: takes packs that are full, names and stores them on threads
/// of its own, and lets index files name those that are durable. The first failure ends everything
/// and is thrown by all that follows. Safe for concurrent use.
class PackPipeline {
 public:
  /// `on_durable` hears of each pack once it is stored and in the repository's index.
  PackPipeline(Repository& repository, std::stop_token stop,
               std::function<void(const IndexedPack&)> on_durable);
  ~PackPipeline();
  PackPipeline(const PackPipeline&) = delete;
  PackPipeline& operator=(const PackPipeline&) = delete;

  /// An empty buffer of this capacity, to build a pack in. Waits while all that may be in use are:
  /// this bounds the memory.
  [[nodiscard]] Buffer take_buffer(std::size_t capacity);
  /// Gives one back that was not needed after all.
  void return_buffer(Buffer buffer);
  /// The pack must be built in a buffer from `take_buffer`. Does not wait.
  void submit(PackBuilder pack);
  /// Throws the first failure, if there was one.
  void check() const;
  /// Records a failure of the other half.
  void fail(std::exception_ptr failure);

  /// Waits until everything submitted is durable and indexed.
  void finish();
  /// Drops what waits; writes the index of what is durable unless the store has failed.
  void abandon() noexcept;

  [[nodiscard]] std::uint64_t packs() const { return packs_.load(std::memory_order_relaxed); }

 private:
  void store_packs();
  void store(PackBuilder builder, crypto::Envelope& envelope);

  Repository& repository_;
  std::stop_token stop_;
  std::function<void(const IndexedPack&)> on_durable_;
  const std::size_t buffer_limit_;
  BoundedQueue<PackBuilder> waiting_;
  std::atomic<std::uint64_t> packs_ = 0;

  mutable std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::atomic<bool> failed_ = false;

  std::mutex buffers_mutex_;
  std::condition_variable buffer_returned_;
  std::vector<Buffer> idle_buffers_;
  std::size_t buffers_in_use_ = 0;

  bool ended_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace pra::repo
