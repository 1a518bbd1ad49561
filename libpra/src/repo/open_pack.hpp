#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "repo/pack_pipeline.hpp"

namespace pra::repo {

/// The pack of one type that is being filled. Workers claim room under a short lock and seal into
/// it at the same time; who gives back the last claim of a full pack submits it. So there is one
/// open pack, however many workers, and what is sealed is never copied. Safe for concurrent use.
class OpenPack {
 public:
  OpenPack(PackPipeline& pipeline, std::size_t pack_size);

  /// Calls `seal(room)` with room of `sealed_size` bytes for the blob. May wait for the pipeline.
  template <class Seal>
  void add(const BlobHandle& blob, std::size_t sealed_size, std::uint32_t uncompressed_length,
           Seal&& seal) {
    const Claim claim = take(blob, sealed_size, uncompressed_length);
    // A failure of `seal` fails the writer, so the pack's claim may stay open: it is never stored.
    seal(claim.room);
    give_back(claim.pack);
  }

  /// Submits what is open. Every worker must be idle.
  void flush();

 private:
  struct Pack {
    explicit Pack(Buffer buffer) : builder(std::move(buffer)) {}
    PackBuilder builder;
    std::size_t claims = 0;
    bool full = false;
  };
  using PackPointer = std::shared_ptr<Pack>;
  struct Claim {
    PackPointer pack;
    MutableByteView room;
  };

  [[nodiscard]] Claim take(const BlobHandle& blob, std::size_t sealed_size,
                           std::uint32_t uncompressed_length);
  /// With the lock held.
  [[nodiscard]] Claim claim_from(PackPointer pack, const BlobHandle& blob, std::size_t sealed_size,
                                 std::uint32_t uncompressed_length);
  void give_back(const PackPointer& pack);

  PackPipeline& pipeline_;
  const std::size_t pack_size_;
  std::mutex mutex_;
  PackPointer current_;
};

}  // namespace pra::repo
