#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/progress.hpp"
#include "base/worker_group.hpp"
#include "repo/blob_writer.hpp"

namespace pra::backup {

/// Cuts files that arrive as a stream at fixed offsets and stores the pieces on worker threads. One
/// thread feeds it; bytes are copied once, into batches of which a fixed number exists, so a slow
/// repository slows the sender down and memory stays bounded. A batch carries many pieces (small
/// files share one): queues are touched once a mebibyte.
class PagePipeline {
 public:
  /// `largest_piece` bounds `piece_size` of every file.
  PagePipeline(repo::BlobWriter& writer, unsigned workers, std::size_t largest_piece,
               Progress& progress);
  /// Without `finish` (a failure): drops what is queued and joins the workers.
  ~PagePipeline();

  /// The next file, of exactly `size` bytes. `ids` gets one element a piece, filled by the workers
  /// until `finish` returns; it must not move until then.
  void begin_file(std::uint64_t size, std::size_t piece_size, std::vector<BlobId>& ids);
  void append(ByteView bytes);
  /// Stores what is left and waits for the workers; throws their first failure.
  void finish();

 private:
  struct Piece {
    std::size_t offset = 0;
    std::size_t length = 0;
    BlobId* id = nullptr;
  };
  struct Batch {
    Buffer bytes;
    std::size_t used = 0;
    std::vector<Piece> pieces;
  };
  using BatchPointer = std::unique_ptr<Batch>;

  void start_piece();
  void submit();
  void work();

  repo::BlobWriter& writer_;
  Progress& progress_;
  const std::size_t batch_size_;
  BoundedQueue<BatchPointer> free_;
  BoundedQueue<BatchPointer> filled_;
  BatchPointer batch_;           ///< The one that is being filled.
  std::uint64_t file_left_ = 0;  ///< Bytes of the file after the current piece.
  std::size_t piece_size_ = 0;
  std::size_t piece_left_ = 0;  ///< Bytes that the current piece still wants.
  BlobId* next_id_ = nullptr;
  WorkerGroup workers_;
};

}  // namespace pra::backup
