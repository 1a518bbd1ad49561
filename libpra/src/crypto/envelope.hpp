#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/bytes.hpp"

namespace pra::crypto {

/// The master key of a repository, or a key derived from a password: AES-256 key, and `k` and `r`
/// of Poly1305-AES. Cleared from memory when it goes.
struct EnvelopeKey {
  std::array<std::uint8_t, 32> encrypt{};
  std::array<std::uint8_t, 16> mac_k{};
  std::array<std::uint8_t, 16> mac_r{};

  EnvelopeKey() = default;
  EnvelopeKey(const EnvelopeKey&) = default;
  EnvelopeKey& operator=(const EnvelopeKey&) = default;
  ~EnvelopeKey();
  /// Three random parts.
  [[nodiscard]] static EnvelopeKey generate();
};

/// `IV(16) ‖ AES-256-CTR(plaintext) ‖ Poly1305-AES(ciphertext)(16)`, as restic seals everything but
/// key files. Poly1305-AES: D. J. Bernstein, "The Poly1305-AES message-authentication code", 2005;
/// `r` is clamped. Holds cipher contexts that it reuses: one thread at a time; keep one a worker.
class Envelope {
 public:
  static constexpr std::size_t kOverhead = 32;

  explicit Envelope(const EnvelopeKey& key);
  ~Envelope();
  Envelope(Envelope&&) noexcept;
  Envelope& operator=(Envelope&&) noexcept;

  /// Appends the sealed plaintext to `out`, with a fresh random IV.
  void seal(ByteView plaintext, Buffer& out);
  /// The same into exactly `plaintext.size() + kOverhead` bytes that the caller has set aside.
  void seal_into(ByteView plaintext, MutableByteView out);
  /// Checks the MAC first, in constant time, and then decrypts, replacing `plaintext`.
  /// Error(kCorrupt) when the sealed bytes are too short, were changed, or carry an all-zero IV.
  void open(ByteView sealed, Buffer& plaintext);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::crypto
