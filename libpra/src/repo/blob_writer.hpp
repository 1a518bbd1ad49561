#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "base/bytes.hpp"
#include "repo/blob.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

struct BlobWriterOptions {
  int compression_level = 2;
  std::size_t pack_size = 16 * 1024 * 1024;
  bool dry_run = false;  ///< Hash, look up and count, but compress and store nothing.
};

struct BlobWriterStatistics {
  std::uint64_t data_blobs = 0;         ///< New ones.
  std::uint64_t tree_blobs = 0;
  std::uint64_t data_added = 0;         ///< Plaintext bytes of new blobs.
  std::uint64_t data_added_packed = 0;  ///< Sealed bytes of new blobs.
  std::uint64_t packs = 0;
};

/// Stores blobs: hash → look up → compress → seal → pack → store → index. The heavy steps run on the
/// calling threads, each with a `Worker` of its own; packs are built and hashed in memory and
/// written by background threads, of which a bounded number is waiting (memory: at most
/// connections + open builders packs). A blob that is in the index, or on its way, is not stored
/// again. Index files are written every 50,000 blobs, and at the end, after their packs are durable.
class BlobWriter {
 public:
  BlobWriter(Repository& repository, BlobWriterOptions options, std::stop_token stop);
  /// Without a `finish` what was stored stays reusable where an index file names it; nothing breaks.
  ~BlobWriter();

  /// The contexts of one thread.
  class Worker {
   public:
    ~Worker();
    Worker(Worker&&) noexcept;
    /// The id of `plaintext`, which is stored unless it is known. Throws the writer's first failure.
    BlobId save(BlobType type, ByteView plaintext);
    /// The same for bytes that were hashed already.
    void save_hashed(const BlobHandle& blob, ByteView plaintext);
    [[nodiscard]] BlobId hash(ByteView plaintext);

   private:
    friend class BlobWriter;
    struct Implementation;
    explicit Worker(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
  };
  [[nodiscard]] Worker make_worker();

  /// Writes what is left and the last index file; when it returns, everything saved is durable. Call
  /// once, after every worker is idle.
  void finish();
  [[nodiscard]] BlobWriterStatistics statistics() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::repo
