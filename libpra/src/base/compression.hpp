#pragma once

#include <memory>

#include "base/bytes.hpp"

namespace pra {

/// Compresses to bare zstd frames (RFC 8878) with one reused context. One thread at a time; keep
/// one a worker.
class Compressor {
 public:
  explicit Compressor(int level);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  /// Appends one frame, which states its content size, to `out`.
  void compress(ByteView plaintext, Buffer& out);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The reverse, likewise reused and one thread at a time.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;

  /// Replaces `out` by the content of exactly one frame. Never makes more than `limit` bytes
  /// (compression bombs): Error(kCorrupt) for more, for a damaged frame and for bytes after it.
  /// Frames with and without a stated size are accepted.
  void decompress(ByteView frame, std::uint64_t limit, Buffer& out);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra
