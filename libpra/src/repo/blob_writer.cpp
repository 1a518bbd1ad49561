#include "repo/blob_writer.hpp"

#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "base/cancel.hpp"
#include "base/compression.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "repo/compressibility.hpp"
#include "repo/open_pack.hpp"
#include "repo/pack_pipeline.hpp"

namespace pra::repo {

namespace {

/// Blobs that are on their way: saved, and not in the index yet. Safe for concurrent use.
class PendingBlobs {
 public:
  /// False when it is there already.
  [[nodiscard]] bool insert(const BlobHandle& blob) {
    Shard& shard = shard_of(blob);
    const std::scoped_lock lock(shard.mutex);
    return shard.blobs.insert(blob).second;
  }
  void erase(const BlobHandle& blob) {
    Shard& shard = shard_of(blob);
    const std::scoped_lock lock(shard.mutex);
    shard.blobs.erase(blob);
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_set<BlobHandle, BlobHandleHash> blobs;
  };
  Shard& shard_of(const BlobHandle& blob) { return shards_[blob.id.bytes[31] % shards_.size()]; }
  std::array<Shard, 32> shards_;
};

struct Counters {
  std::atomic<std::uint64_t> data_blobs = 0;
  std::atomic<std::uint64_t> tree_blobs = 0;
  std::atomic<std::uint64_t> data_added = 0;
  std::atomic<std::uint64_t> data_added_packed = 0;
};

}  // namespace

struct BlobWriter::Implementation {
  Implementation(Repository& given, BlobWriterOptions chosen, std::stop_token stopped)
      : repository(given), options(chosen), stop(std::move(stopped)) {
    if (options.dry_run) return;
    pipeline.emplace(repository, stop, [this](const IndexedPack& pack) {
      for (const auto& entry : pack.blobs)
        pending.erase(entry.blob);
    });
    open_data.emplace(*pipeline, options.pack_size);
    open_trees.emplace(*pipeline, options.pack_size);
  }

  Repository& repository;
  const BlobWriterOptions options;
  const std::stop_token stop;
  PendingBlobs pending;
  Counters counters;
  std::optional<PackPipeline> pipeline;  ///< None in a dry run.
  std::optional<OpenPack> open_data;
  std::optional<OpenPack> open_trees;

  /// True when the caller is to store the blob: nobody else has, or is about to.
  [[nodiscard]] bool claim(const BlobHandle& blob) {
    const Index& index = repository.index();
    if (index.contains(blob) || !pending.insert(blob)) return false;
    // It may have become durable between the two questions.
    if (!index.contains(blob)) return true;
    pending.erase(blob);
    return false;
  }

  void count(const BlobHandle& blob, std::size_t plain, std::size_t sealed) {
    (blob.type == BlobType::kData ? counters.data_blobs : counters.tree_blobs)
        .fetch_add(1, std::memory_order_relaxed);
    counters.data_added.fetch_add(plain, std::memory_order_relaxed);
    counters.data_added_packed.fetch_add(sealed, std::memory_order_relaxed);
  }
};

struct BlobWriter::Worker::Implementation {
  explicit Implementation(BlobWriter::Implementation& given)
      : writer(given),
        envelope(given.repository.master_key()),
        compressor(given.options.compression_level) {}

  BlobWriter::Implementation& writer;
  crypto::Sha256 sha256;
  crypto::Envelope envelope;
  Compressor compressor;
  CompressionProbe probe;
  Buffer frame;

  void save(const BlobHandle& blob, ByteView plaintext) {
    throw_if_stopped(writer.stop);
    if (writer.pipeline) writer.pipeline->check();
    if (!writer.claim(blob)) return;
    if (!writer.pipeline) return writer.count(blob, plaintext.size(), 0);
    try {
      store(blob, plaintext);
    } catch (...) {
      writer.pipeline->fail(std::current_exception());
      writer.pipeline->check();
    }
  }

  void store(const BlobHandle& blob, ByteView plaintext) {
    if (plaintext.size() >= std::numeric_limits<std::uint32_t>::max() - crypto::Envelope::kOverhead)
      throw Error(ErrorCode::kFailed, "a blob of 4 GiB or more cannot be stored");
    const bool compressed = compress(plaintext);
    const ByteView content = compressed ? ByteView(frame) : plaintext;
    const auto uncompressed_length = compressed ? static_cast<std::uint32_t>(plaintext.size()) : 0u;
    const std::size_t sealed_size = content.size() + crypto::Envelope::kOverhead;
    OpenPack& open = blob.type == BlobType::kData ? *writer.open_data : *writer.open_trees;
    open.add(blob, sealed_size, uncompressed_length,
             [&](MutableByteView room) { envelope.seal_into(content, room); });
    writer.count(blob, plaintext.size(), sealed_size);
    release_large_frame();
  }

  /// True when `frame` holds the plaintext, smaller.
  [[nodiscard]] bool compress(ByteView plaintext) {
    if (plaintext.empty() || !probe.worth_compressing(plaintext)) return false;
    frame.clear();
    compressor.compress(plaintext, frame);
    return frame.size() < plaintext.size();
  }

  /// One huge directory must not hold its memory for the rest of the run.
  void release_large_frame() {
    constexpr std::size_t kKept = 16 * 1024 * 1024;
    if (frame.capacity() > kKept) frame = Buffer();
  }
};

BlobWriter::Worker::Worker(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
BlobWriter::Worker::~Worker() = default;
BlobWriter::Worker::Worker(Worker&&) noexcept = default;

BlobId BlobWriter::Worker::hash(ByteView plaintext) {
  return BlobId::from(implementation_->sha256.digest(plaintext));
}

BlobId BlobWriter::Worker::save(BlobType type, ByteView plaintext) {
  const BlobId id = hash(plaintext);
  implementation_->save({type, id}, plaintext);
  return id;
}

void BlobWriter::Worker::save_hashed(const BlobHandle& blob, ByteView plaintext) {
  implementation_->save(blob, plaintext);
}

BlobWriter::BlobWriter(Repository& repository, BlobWriterOptions options, std::stop_token stop) {
  if (repository.config().version < 2)
    throw Error(ErrorCode::kUnsupported,
                repository.location() + " has format version 1, which is only read",
                "bring it to version 2 with `restic migrate upgrade_repo_v2`");
  repository.load_index(stop);
  implementation_ = std::make_unique<Implementation>(repository, options, std::move(stop));
}

BlobWriter::~BlobWriter() {
  if (implementation_) abandon();
}

BlobWriter::Worker BlobWriter::make_worker() {
  return Worker(std::make_unique<Worker::Implementation>(*implementation_));
}

void BlobWriter::finish() {
  if (!implementation_->pipeline) return;
  throw_if_stopped(implementation_->stop);
  implementation_->pipeline->check();
  implementation_->open_data->flush();
  implementation_->open_trees->flush();
  implementation_->pipeline->finish();
}

void BlobWriter::abandon() noexcept {
  if (implementation_->pipeline) implementation_->pipeline->abandon();
}

BlobWriterStatistics BlobWriter::statistics() const {
  const auto& counters = implementation_->counters;
  BlobWriterStatistics statistics;
  statistics.data_blobs = counters.data_blobs.load();
  statistics.tree_blobs = counters.tree_blobs.load();
  statistics.data_added = counters.data_added.load();
  statistics.data_added_packed = counters.data_added_packed.load();
  if (implementation_->pipeline) statistics.packs = implementation_->pipeline->packs();
  return statistics;
}

}  // namespace pra::repo
