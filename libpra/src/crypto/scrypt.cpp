#include "crypto/scrypt.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/error.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

namespace pra::crypto {
namespace {

constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 30;
// N·r·p, in blocks of 128 bytes: about 200 times a costly derivation. A key file is hostile until
// it opens, and must not be able to keep us busy for days.
constexpr std::uint64_t kWorkLimit = std::uint64_t{1} << 28;

void check_parameters(const ScryptParameters& parameters) {
  const auto [n, r, p] = parameters;
  if (n < 2 || !std::has_single_bit(n) || r == 0 || p == 0)
    throw Error(ErrorCode::kCorrupt, "the key's scrypt parameters are not valid");
  // Bounding each factor first keeps the products from overflowing.
  constexpr std::uint64_t kBlocks = kMemoryLimit / 128;
  const bool too_large = n > kBlocks || r > kBlocks || p > kBlocks || r * (n + 2 + p) > kBlocks ||
                         n * r * p > kWorkLimit;
  if (too_large)
    throw Error(ErrorCode::kCorrupt,
                "the key's scrypt parameters ask for more than 1 GiB of memory or minutes of work");
}

}  // namespace

ScryptParameters costly_scrypt() {
  return {.n = 32768, .r = 8, .p = 5};
}

ScryptParameters cheap_scrypt() {
  return {.n = 1024, .r = 8, .p = 1};
}

EnvelopeKey derive_key(std::string_view password, ByteView salt,
                       const ScryptParameters& parameters) {
  check_parameters(parameters);
  std::array<std::uint8_t, 64> derived;
  check_openssl(
      EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), parameters.n,
                     parameters.r, parameters.p, kMemoryLimit, derived.data(), derived.size()),
      "derive a key with scrypt");
  EnvelopeKey key;
  std::copy_n(derived.begin(), 32, key.encrypt.begin());
  std::copy_n(derived.begin() + 32, 16, key.mac_k.begin());
  std::copy_n(derived.begin() + 48, 16, key.mac_r.begin());
  wipe(derived);
  return key;
}

}  // namespace pra::crypto
