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
  std::uint64_t data_blobs = 0;  ///< New ones.
  std::uint64_t tree_blobs = 0;
  std::uint64_t data_added = 0;         ///< Plaintext bytes of new blobs.
  std::uint64_t data_added_packed = 0;  ///< Sealed bytes of new blobs.
  std::uint64_t packs = 0;
};

/// Stores blobs: hash → look up → compress → seal → pack → store → index. The heavy steps run on
/// the calling threads, each with a `Worker` of its own, which seal straight into the one open pack
/// of the blob's type; full packs are hashed in memory and written by background threads. Memory:
/// at most connections + 3 packs (each an eighth larger than `pack_size`; connections are at least
/// 2), and about one blob per worker. When all are full, `save` waits. A blob that is in the index,
/// or on its way, is not stored again. Index files are written every 50,000 blobs or 10 minutes,
/// and at the end, after their packs are durable.
class BlobWriter {
 public:
  /// Loads the repository's index unless that was done. Error(kUnsupported) for format version 1.
  BlobWriter(Repository& repository, BlobWriterOptions options, std::stop_token stop);
  /// Without a `finish`: `abandon`.
  ~BlobWriter();

  /// The contexts of one thread.
  class Worker {
   public:
    ~Worker();
    Worker(Worker&&) noexcept;
    /// The id of `plaintext`, which is stored unless it is known. Throws the writer's first
    /// failure.
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

  /// Writes what is left and the last index file; when it returns, everything saved is durable.
  /// Call once, after every worker is idle.
  void finish();
  /// Gives up: drops what is not stored yet and, unless the store has failed, writes the index of
  /// the packs that are durable, so that the next run reuses them. Also after `stop` was requested.
  void abandon() noexcept;
  [[nodiscard]] BlobWriterStatistics statistics() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::repo
