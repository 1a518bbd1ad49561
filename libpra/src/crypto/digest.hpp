#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pra::crypto {

/// A digest that lists of files use (`sha256sum`, `b2sum`, …). The repository itself knows SHA-256
/// alone: `crypto/sha256.hpp`.
struct DigestAlgorithm {
  std::string_view name;     ///< "sha256".
  std::string_view tag;      ///< As in BSD-style lists: "SHA256".
  const char* openssl_name;  ///< As OpenSSL's providers call it.
  std::size_t size;          ///< Bytes of a digest.
};

/// sha256, sha512, sha384, sha224, sha1, md5, blake2b (512 bits, as b2sum).
[[nodiscard]] std::span<const DigestAlgorithm> digest_algorithms();
/// Error(kInvalidArgument) with the known names for another one.
[[nodiscard]] const DigestAlgorithm& digest_algorithm(std::string_view name);

/// Computes one kind of digest, with a context that it reuses. One thread at a time; keep one a
/// worker.
class Hasher {
 public:
  /// Error(kFailed) when OpenSSL does not offer the algorithm (MD5 under FIPS rules).
  explicit Hasher(const DigestAlgorithm& algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(ByteView bytes);
  /// The digest of all updates in hex; the object starts anew.
  [[nodiscard]] std::string finish_hex();
  /// Forgets the updates so far.
  void restart();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::crypto
