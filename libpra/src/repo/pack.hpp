#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/envelope.hpp"
#include "repo/blob.hpp"
#include "repo/index.hpp"

namespace pra::repo {

inline constexpr std::size_t kTargetPackSize = 16 * 1024 * 1024;

/// Assembles one pack in memory: sealed blobs, then the sealed header, then the header's length.
/// Format: repository-format of restic version 2, "Packs" in docs/repository.md. Not thread-safe.
class PackBuilder {
 public:
  PackBuilder() = default;
  /// Builds in `bytes`, whose capacity is kept and whose content is dropped.
  explicit PackBuilder(Buffer bytes) : bytes_(std::move(bytes)) { bytes_.clear(); }

  /// `sealed` is an envelope over the blob (over its zstd frame when `uncompressed_length` is not
  /// 0).
  void add(const BlobHandle& blob, ByteView sealed, std::uint32_t uncompressed_length);
  /// Sets aside room for a blob that is sealed straight into the pack. The room stays where it is
  /// as long as the pack fits into its buffer's capacity (see `fits`).
  [[nodiscard]] MutableByteView claim(const BlobHandle& blob, std::size_t sealed_size,
                                      std::uint32_t uncompressed_length);
  /// True when one more blob of this size, and the header, fit into the capacity and the format.
  [[nodiscard]] bool fits(std::size_t sealed_size) const;
  /// Of the pack if it were finished now.
  [[nodiscard]] std::size_t size() const { return bytes_.size() + header_size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  struct Finished {
    IndexedPack pack;
    Buffer bytes;
  };
  /// Appends the header and names the pack by its SHA-256; the builder is empty afterwards.
  [[nodiscard]] Finished finish(crypto::Envelope& envelope);

  /// The capacity that a pack with one blob of `sealed_size` bytes needs.
  [[nodiscard]] static std::size_t capacity_for(std::size_t sealed_size);

 private:
  [[nodiscard]] std::size_t header_size() const;

  Buffer bytes_;
  std::vector<IndexedPack::Entry> entries_;
};

/// Reads a pack's header out of the end of the pack. `tail` is the last bytes of a pack of
/// `pack_size` bytes (the whole pack, or enough); nothing when more of the tail is needed, then
/// `needed` says how much. Error(kCorrupt) for anything that does not add up exactly.
[[nodiscard]] std::optional<std::vector<IndexedPack::Entry>> read_pack_header(
    ByteView tail, std::uint64_t pack_size, crypto::Envelope& envelope, std::size_t& needed);

}  // namespace pra::repo
