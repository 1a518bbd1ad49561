#pragma once

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
  /// `sealed` is an envelope over the blob (over its zstd frame when `uncompressed_length` is not 0).
  void add(const BlobHandle& blob, ByteView sealed, std::uint32_t uncompressed_length);
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  struct Finished {
    IndexedPack pack;
    Buffer bytes;
  };
  /// Appends the header and names the pack by its SHA-256; the builder is empty afterwards.
  [[nodiscard]] Finished finish(crypto::Envelope& envelope);

 private:
  Buffer bytes_;
  std::vector<IndexedPack::Entry> entries_;
};

/// Reads a pack's header out of the end of the pack. `tail` is the last bytes of a pack of
/// `pack_size` bytes (the whole pack, or enough); nothing when more of the tail is needed, then
/// `needed` says how much. Error(kCorrupt) for anything that does not add up exactly.
[[nodiscard]] std::optional<std::vector<IndexedPack::Entry>> read_pack_header(
    ByteView tail, std::uint64_t pack_size, crypto::Envelope& envelope, std::size_t& needed);

}  // namespace pra::repo
