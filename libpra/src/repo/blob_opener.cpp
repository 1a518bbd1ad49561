#include <fmt/format.h>

#include <algorithm>

#include "base/compression.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

namespace {

/// Above this a blob may not be more than 256 times larger than it is stored (compression bombs);
/// chunks are at most 8 MiB, and the trees of huge directories do not compress that well.
constexpr std::uint64_t kAlwaysAllowed = 64 * 1024 * 1024;
constexpr std::uint64_t kMaxRatio = 256;

}  // namespace

struct BlobOpener::Implementation {
  explicit Implementation(const crypto::EnvelopeKey& key) : envelope(key) {}
  crypto::Envelope envelope;
  crypto::Sha256 sha256;
  Decompressor decompressor;
  Buffer frame;

  void open(const BlobHandle& blob, const BlobLocation& location, ByteView sealed,
            Buffer& plaintext) {
    if (sealed.size() != location.length)
      throw Error(ErrorCode::kCorrupt, "it is not of the length that the index says");
    const std::uint64_t length = location.uncompressed_length;
    if (length == 0) {
      envelope.open(sealed, plaintext);
    } else {
      if (length > std::max(kAlwaysAllowed, kMaxRatio * sealed.size()))
        throw Error(ErrorCode::kCorrupt, "its length is impossible");
      envelope.open(sealed, frame);
      decompressor.decompress(frame, length, plaintext);
      if (plaintext.size() != length)
        throw Error(ErrorCode::kCorrupt, "it is not of the length that the index says");
    }
    if (sha256.digest(plaintext).bytes != blob.id.bytes)
      throw Error(ErrorCode::kCorrupt, "its content does not match its id");
  }
};

BlobOpener::BlobOpener(const crypto::EnvelopeKey& key)
    : implementation_(std::make_unique<Implementation>(key)) {}
BlobOpener::~BlobOpener() = default;
BlobOpener::BlobOpener(BlobOpener&&) noexcept = default;

void BlobOpener::open(const BlobHandle& blob, const BlobLocation& location, ByteView sealed,
                      Buffer& plaintext) {
  try {
    implementation_->open(blob, location, sealed, plaintext);
  } catch (const Error& error) {
    throw error.with_context(
        fmt::format("blob {} in pack {}", blob.id.short_hex(), location.pack.short_hex()));
  }
}

}  // namespace pra::repo
