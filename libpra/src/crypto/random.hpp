#pragma once

#include "base/bytes.hpp"

namespace pra::crypto {

/// Fills from the operating system's generator (by OpenSSL's CSPRNG). Never fails silently.
void fill_random(MutableByteView out);
[[nodiscard]] Buffer random_bytes(std::size_t count);
/// Clears memory in a way that the compiler keeps.
void wipe(MutableByteView bytes);

}  // namespace pra::crypto
