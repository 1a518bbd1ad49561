#include "crypto/sha256.hpp"

#include "crypto/openssl.hpp"

namespace pra::crypto {

struct Sha256::Implementation {
  MdHandle algorithm =
      check_openssl(MdHandle(EVP_MD_fetch(nullptr, "SHA256", nullptr)), "load SHA-256");
  MdContext context = check_openssl(MdContext(EVP_MD_CTX_new()), "make a SHA-256 context");

  Implementation() { restart(); }
  void restart() {
    check_openssl(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr), "start SHA-256");
  }
};

Sha256::Sha256() : implementation_(std::make_unique<Implementation>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) {
  check_openssl(EVP_DigestUpdate(implementation_->context.get(), bytes.data(), bytes.size()),
                "compute SHA-256");
}

Digest Sha256::finish() {
  Digest digest;
  check_openssl(EVP_DigestFinal_ex(implementation_->context.get(), digest.bytes.data(), nullptr),
                "finish SHA-256");
  implementation_->restart();
  return digest;
}

Digest Sha256::digest(ByteView bytes) {
  update(bytes);
  return finish();
}

Digest sha256(ByteView bytes) {
  return Sha256().digest(bytes);
}

}  // namespace pra::crypto
