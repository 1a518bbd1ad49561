#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "base/id.hpp"

namespace pra::crypto {

/// SHA-256 (FIPS 180-4) by OpenSSL, with an algorithm fetched once and a context reused. One thread
/// at a time; keep one a worker.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(ByteView bytes);
  /// The digest of all updates; the object starts anew.
  [[nodiscard]] Digest finish();
  /// One shot: the digest of `bytes`. Must not be mixed with a running update.
  [[nodiscard]] Digest digest(ByteView bytes);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// One shot with a context of its own; for cold paths.
[[nodiscard]] Digest sha256(ByteView bytes);

}  // namespace pra::crypto
