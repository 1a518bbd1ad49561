#include "crypto/scrypt.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "base/error.hpp"

using namespace pra;

namespace {

std::string derived_hex(std::string_view password, std::string_view salt,
                        const crypto::ScryptParameters& parameters) {
  const crypto::EnvelopeKey key = crypto::derive_key(password, as_bytes(salt), parameters);
  return to_hex(key.encrypt) + to_hex(key.mac_k) + to_hex(key.mac_r);
}

ErrorCode code_of(const crypto::ScryptParameters& parameters) {
  try {
    (void)crypto::derive_key("password", as_bytes("salt"), parameters);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kFailed;
}

}  // namespace

// RFC 7914, section 12.
TEST_CASE("scrypt gives the published keys") {
  CHECK(derived_hex("", "", {.n = 16, .r = 1, .p = 1}) ==
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  CHECK(derived_hex("password", "NaCl", {.n = 1024, .r = 8, .p = 16}) ==
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  CHECK(derived_hex("pleaseletmein", "SodiumChloride", {.n = 16384, .r = 8, .p = 1}) ==
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

TEST_CASE("scrypt refuses parameters that are invalid or too expensive") {
  constexpr auto kHuge = std::numeric_limits<std::uint64_t>::max();
  constexpr auto kHuge32 = std::numeric_limits<std::uint32_t>::max();
  const crypto::ScryptParameters refused[] = {
      {.n = 0, .r = 8, .p = 1},
      {.n = 1, .r = 8, .p = 1},
      {.n = 1000, .r = 8, .p = 1},
      {.n = 1024, .r = 0, .p = 1},
      {.n = 1024, .r = 8, .p = 0},
      {.n = kHuge, .r = 8, .p = 1},
      {.n = std::uint64_t{1} << 63, .r = 8, .p = 1},
      {.n = std::uint64_t{1} << 20, .r = 8, .p = 1},  // a little over 1 GiB
      {.n = 2, .r = kHuge32, .p = 1},
      {.n = 2, .r = 1, .p = kHuge32},
      {.n = std::uint64_t{1} << 19, .r = 8, .p = 1024},  // memory is fine, work is not
  };
  for (const auto& parameters : refused) {
    CAPTURE(parameters.n);
    CAPTURE(parameters.r);
    CAPTURE(parameters.p);
    CHECK(code_of(parameters) == ErrorCode::kCorrupt);
  }
}

TEST_CASE("the parameters that we choose are accepted") {
  CHECK_NOTHROW((void)derived_hex("x", "y", crypto::cheap_scrypt()));
  CHECK_NOTHROW((void)derived_hex("x", "y", crypto::costly_scrypt()));
  CHECK(crypto::cheap_scrypt().n * 100 <= crypto::costly_scrypt().n * crypto::costly_scrypt().p);
}
