#include "chunk/polynomial.hpp"

#include <doctest/doctest.h>

#include <set>

#include "base/error.hpp"

using namespace pra;
using chunk::Polynomial;

namespace {

/// By trial division: no polynomial of lower degree divides it.
bool has_no_divisor(std::uint64_t bits) {
  const int degree = Polynomial{bits}.degree();
  for (std::uint64_t divisor = 2; Polynomial{divisor}.degree() <= degree / 2; ++divisor) {
    std::uint64_t rest = bits;
    while (Polynomial{rest}.degree() >= Polynomial{divisor}.degree())
      rest ^= divisor << (Polynomial{rest}.degree() - Polynomial{divisor}.degree());
    if (rest == 0) return false;
  }
  return degree >= 1;
}

}  // namespace

TEST_CASE("irreducibility agrees with trial division for every small polynomial") {
  for (std::uint64_t bits = 0; bits < 4096; ++bits) {
    CAPTURE(bits);
    CHECK(Polynomial{bits}.is_irreducible() == has_no_divisor(bits));
  }
}

TEST_CASE("irreducibility of polynomials of degree 53 is as published for restic") {
  for (const std::uint64_t bits : {0x3DA3358B4DC173u, 0x2482734cacca49u})
    CHECK(Polynomial{bits}.is_irreducible());
  for (const std::uint64_t bits :
       {0x38f1e565e288dfu, 0x30a8295b9d5c91u, 0x255f4350b962cbu, 0x267f776110a235u,
        0x2f4dae10d41227u, 0x312daf4b284899u, 0x29dfb6553d01d1u, 0x3548245eb26257u,
        0x3199e7ef4211b3u, 0x362f39017dae8bu, 0x200d57aa6fdacbu, 0x35e0a4efa1d275u,
        0x2ced55b026577fu, 0x260b012010893du, 0x2df29cbcd59e9du, 0x3f2ac7488bd429u,
        0x3e5cb1711669fbu, 0x226d8de57a9959u, 0x3c8de80aaf5835u, 0x2026a59efb219bu,
        0x39dfa4d13fb231u, 0x3143d0464b3299u})
    CHECK_FALSE(Polynomial{bits}.is_irreducible());
}

TEST_CASE("degree of the ends of the range") {
  CHECK(Polynomial{0}.degree() == -1);
  CHECK(Polynomial{1}.degree() == 0);
  CHECK(Polynomial{~std::uint64_t{0}}.degree() == 63);
}

TEST_CASE("parse takes what hex writes and refuses everything else") {
  CHECK(Polynomial::parse("3da3358b4dc173").bits == 0x3DA3358B4DC173);
  CHECK(Polynomial{0x3DA3358B4DC173}.hex() == "3da3358b4dc173");
  for (const char* text : {"", "0x3da3358b4dc173", "3da3358b4dc17g", " 3da3358b4dc173",
                           "-3da3358b4dc173", "3da3358b4dc1733", "3da3358b4dc17", "38f1e565e288df",
                           "3da3358b4dc1733da3358b4dc173", "0"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)Polynomial::parse(text), Error);
  }
}

TEST_CASE("generated polynomials are irreducible, of degree 53, and differ") {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20; ++i) {
    const Polynomial polynomial = Polynomial::generate();
    CHECK(polynomial.degree() == 53);
    CHECK(polynomial.is_irreducible());
    CHECK(Polynomial::parse(polynomial.hex()).bits == polynomial.bits);
    seen.insert(polynomial.bits);
  }
  CHECK(seen.size() == 20);
}
