#include "crypto/openssl.hpp"

#include <openssl/err.h>

#include <string>

#include "base/error.hpp"

namespace pra::crypto {

void throw_openssl(std::string_view action) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  throw Error(
      ErrorCode::kFailed,
      "cannot " + std::string(action) + ": " + (reason != nullptr ? reason : "no reason given"),
      "the OpenSSL library or its configuration lacks something; try `openssl list -providers`");
}

}  // namespace pra::crypto
