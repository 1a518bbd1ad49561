#include "crypto/digest.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "crypto/openssl.hpp"

namespace pra::crypto {
namespace {

constexpr std::array<DigestAlgorithm, 7> kAlgorithms{{{"sha256", "SHA256", "SHA256", 32},
                                                      {"sha512", "SHA512", "SHA512", 64},
                                                      {"sha384", "SHA384", "SHA384", 48},
                                                      {"sha224", "SHA224", "SHA224", 28},
                                                      {"sha1", "SHA1", "SHA1", 20},
                                                      {"md5", "MD5", "MD5", 16},
                                                      {"blake2b", "BLAKE2b", "BLAKE2B-512", 64}}};

}  // namespace

std::span<const DigestAlgorithm> digest_algorithms() {
  return kAlgorithms;
}

const DigestAlgorithm& digest_algorithm(std::string_view name) {
  const auto* found = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                   [&](const auto& algorithm) { return algorithm.name == name; });
  if (found != kAlgorithms.end()) return *found;
  std::string known;
  for (const auto& algorithm : kAlgorithms)
    known.append(known.empty() ? "" : ", ").append(algorithm.name);
  throw Error(ErrorCode::kInvalidArgument, "unknown digest algorithm '" + printable(name) + "'",
              "use one of " + known);
}

struct Hasher::Implementation {
  MdHandle algorithm;
  MdContext context = check_openssl(MdContext(EVP_MD_CTX_new()), "make a digest context");

  explicit Implementation(const DigestAlgorithm& wanted)
      : algorithm(check_openssl(MdHandle(EVP_MD_fetch(nullptr, wanted.openssl_name, nullptr)),
                                "load the digest " + std::string(wanted.name))) {
    restart();
  }
  void restart() {
    check_openssl(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr), "start a digest");
  }
};

Hasher::Hasher(const DigestAlgorithm& algorithm)
    : implementation_(std::make_unique<Implementation>(algorithm)) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(ByteView bytes) {
  check_openssl(EVP_DigestUpdate(implementation_->context.get(), bytes.data(), bytes.size()),
                "compute a digest");
}

std::string Hasher::finish_hex() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  check_openssl(EVP_DigestFinal_ex(implementation_->context.get(), digest.data(), &size),
                "finish a digest");
  restart();
  return to_hex(ByteView(digest).first(size));
}

void Hasher::restart() {
  implementation_->restart();
}

}  // namespace pra::crypto
