#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>

namespace pra::crypto {

/// unique_ptr for an OpenSSL object that `Free` releases.
template <auto Free>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using MdHandle = std::unique_ptr<EVP_MD, OpensslDeleter<EVP_MD_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using CipherHandle = std::unique_ptr<EVP_CIPHER, OpensslDeleter<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;
using MacHandle = std::unique_ptr<EVP_MAC, OpensslDeleter<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, OpensslDeleter<EVP_MAC_CTX_free>>;

/// Throws Error(kFailed) "cannot <action>: <reason of OpenSSL>" and empties OpenSSL's error queue.
[[noreturn]] void throw_openssl(std::string_view action);

/// Throws unless `result` is 1, which is how OpenSSL says success.
inline void check_openssl(int result, std::string_view action) {
  if (result != 1) throw_openssl(action);
}

/// Throws when a constructor of OpenSSL gave nothing.
template <class Pointer>
[[nodiscard]] Pointer check_openssl(Pointer object, std::string_view action) {
  if (!object) throw_openssl(action);
  return object;
}

}  // namespace pra::crypto
