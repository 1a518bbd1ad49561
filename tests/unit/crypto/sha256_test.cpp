#include "crypto/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pra;

// FIPS 180-4 examples, as NIST publishes them.
TEST_CASE("sha256 gives the published digests") {
  CHECK(crypto::sha256(as_bytes("")).hex() ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(crypto::sha256(as_bytes("abc")).hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(
      crypto::sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex() ==
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("sha256 in pieces equals one shot and the object starts anew") {
  crypto::Sha256 hash;
  const std::string piece(1000, 'a');
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i)
      hash.update(as_bytes(piece));
    CHECK(hash.finish().hex() ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(hash.digest(as_bytes("abc")) == crypto::sha256(as_bytes("abc")));
  }
}
