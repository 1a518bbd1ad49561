#include "crypto/envelope.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

namespace pra::crypto {
namespace {

constexpr std::size_t kIvSize = 16;
constexpr std::size_t kMacSize = 16;
// EVP_*Update counts in int; a multiple of the block size keeps the pieces of one stream aligned.
constexpr std::size_t kPiece = std::size_t{1} << 30;

using Mac = std::array<std::uint8_t, kMacSize>;

CipherContext make_cipher(const char* name, ByteView key) {
  const CipherHandle cipher =
      check_openssl(CipherHandle(EVP_CIPHER_fetch(nullptr, name, nullptr)), "load AES");
  CipherContext context = check_openssl(CipherContext(EVP_CIPHER_CTX_new()), "make an AES context");
  check_openssl(EVP_EncryptInit_ex2(context.get(), cipher.get(), key.data(), nullptr, nullptr),
                "set an AES key");
  return context;
}

MacContext make_poly1305() {
  const MacHandle algorithm =
      check_openssl(MacHandle(EVP_MAC_fetch(nullptr, "POLY1305", nullptr)), "load Poly1305");
  return check_openssl(MacContext(EVP_MAC_CTX_new(algorithm.get())), "make a Poly1305 context");
}

}  // namespace

EnvelopeKey::~EnvelopeKey() {
  wipe(encrypt);
  wipe(mac_k);
  wipe(mac_r);
}

EnvelopeKey EnvelopeKey::generate() {
  EnvelopeKey key;
  fill_random(key.encrypt);
  fill_random(key.mac_k);
  fill_random(key.mac_r);
  return key;
}

struct Envelope::Implementation {
  CipherContext stream;     ///< AES-256-CTR; the key is expanded once, the counter set per message.
  CipherContext nonce_key;  ///< AES-128 of single blocks under `k`.
  MacContext poly1305 = make_poly1305();
  std::array<std::uint8_t, 32> one_time_key{};  ///< `r`, then AES-128_k(IV) of the present message.
  RandomPool random;

  explicit Implementation(const EnvelopeKey& key)
      : stream(make_cipher("AES-256-CTR", key.encrypt)),
        nonce_key(make_cipher("AES-128-ECB", key.mac_k)) {
    EVP_CIPHER_CTX_set_padding(nonce_key.get(), 0);
    std::copy(key.mac_r.begin(), key.mac_r.end(), one_time_key.begin());
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  ~Implementation() { wipe(one_time_key); }

  /// Encryption and decryption are the same in counter mode.
  void apply_stream(const std::uint8_t* iv, ByteView in, std::uint8_t* out) {
    check_openssl(EVP_EncryptInit_ex2(stream.get(), nullptr, nullptr, iv, nullptr),
                  "set an AES IV");
    while (!in.empty()) {
      const ByteView piece = in.first(std::min(in.size(), kPiece));
      int written = 0;
      check_openssl(EVP_EncryptUpdate(stream.get(), out, &written, piece.data(),
                                      static_cast<int>(piece.size())),
                    "encrypt");
      out += piece.size();
      in = in.subspan(piece.size());
    }
  }

  Mac authenticate(const std::uint8_t* iv, ByteView ciphertext) {
    int written = 0;
    check_openssl(
        EVP_EncryptUpdate(nonce_key.get(), one_time_key.data() + 16, &written, iv, kIvSize),
        "encrypt a nonce");
    check_openssl(EVP_MAC_init(poly1305.get(), one_time_key.data(), one_time_key.size(), nullptr),
                  "set a Poly1305 key");
    check_openssl(EVP_MAC_update(poly1305.get(), ciphertext.data(), ciphertext.size()),
                  "compute Poly1305");
    Mac mac;
    std::size_t size = 0;
    check_openssl(EVP_MAC_final(poly1305.get(), mac.data(), &size, mac.size()), "finish Poly1305");
    return mac;
  }
};

Envelope::Envelope(const EnvelopeKey& key) {
  if (all_zero(key.encrypt) || all_zero(key.mac_k) || all_zero(key.mac_r))
    throw Error(ErrorCode::kCorrupt, "the key is not valid: a part of it is all zeros");
  implementation_ = std::make_unique<Implementation>(key);
}

Envelope::~Envelope() = default;
Envelope::Envelope(Envelope&&) noexcept = default;
Envelope& Envelope::operator=(Envelope&&) noexcept = default;

void Envelope::seal(ByteView plaintext, Buffer& out) {
  const std::size_t start = out.size();
  out.resize(start + plaintext.size() + kOverhead);
  seal_into(plaintext, MutableByteView(out).subspan(start));
}

void Envelope::seal_into(ByteView plaintext, MutableByteView out) {
  if (out.size() != plaintext.size() + kOverhead)
    throw Error(ErrorCode::kInvalidArgument, "the room for sealed data is not of its size");
  std::uint8_t* iv = out.data();
  std::uint8_t* ciphertext = iv + kIvSize;
  do {
    implementation_->random.fill({iv, kIvSize});
  } while (all_zero({iv, kIvSize}));
  implementation_->apply_stream(iv, plaintext, ciphertext);
  const Mac mac = implementation_->authenticate(iv, {ciphertext, plaintext.size()});
  std::memcpy(ciphertext + plaintext.size(), mac.data(), kMacSize);
}

void Envelope::open(ByteView sealed, Buffer& plaintext) {
  if (sealed.size() < kOverhead)
    throw Error(ErrorCode::kCorrupt, "sealed data is too short to be whole");
  const ByteView iv = sealed.first(kIvSize);
  const ByteView ciphertext = sealed.subspan(kIvSize, sealed.size() - kOverhead);
  const ByteView stored_mac = sealed.last(kMacSize);
  if (all_zero(iv)) throw Error(ErrorCode::kCorrupt, "sealed data carries an all-zero IV");
  const Mac mac = implementation_->authenticate(iv.data(), ciphertext);
  if (CRYPTO_memcmp(mac.data(), stored_mac.data(), kMacSize) != 0)
    throw Error(ErrorCode::kCorrupt,
                "sealed data is damaged, forged, or of another key: its MAC is wrong");
  plaintext.resize(ciphertext.size());
  implementation_->apply_stream(iv.data(), ciphertext, plaintext.data());
}

}  // namespace pra::crypto
