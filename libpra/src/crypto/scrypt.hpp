#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "crypto/envelope.hpp"

namespace pra::crypto {

/// Parameters of scrypt (RFC 7914).
struct ScryptParameters {
  std::uint64_t n = 32768;
  std::uint32_t r = 8;
  std::uint32_t p = 1;
};

/// For a password that a person typed: about half a second here (N=2^15, r=8, p=… as restic's
/// calibration lands on common machines).
[[nodiscard]] ScryptParameters costly_scrypt();
/// For a secret of 256 random bits, which gains nothing from a costly derivation: milliseconds.
[[nodiscard]] ScryptParameters cheap_scrypt();

/// The 64 bytes of scrypt(password, salt) as an envelope key. Error(kCorrupt) for parameters that
/// are invalid or would take more than 1 GiB.
[[nodiscard]] EnvelopeKey derive_key(std::string_view password, ByteView salt,
                                     const ScryptParameters& parameters);

}  // namespace pra::crypto
