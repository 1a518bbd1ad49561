#pragma once

#include "base/bytes.hpp"
#include "crypto/sha256.hpp"

namespace pra::source::postgres {

/// Checks that a backup manifest arrived whole, in pieces: its last line is the SHA-256 of all that
/// stands before it.
class ManifestCheck {
 public:
  void update(ByteView bytes);
  /// Error(kCorrupt) unless the manifest ended as it should.
  void finish();

 private:
  crypto::Sha256 hash_;
  Buffer tail_;  ///< The last bytes, which may be the line with the checksum.
};

}  // namespace pra::source::postgres
