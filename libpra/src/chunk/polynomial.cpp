#include "chunk/polynomial.hpp"

#include <array>
#include <bit>
#include <charconv>

#include "base/error.hpp"
#include "crypto/random.hpp"

namespace pra::chunk {
namespace {

constexpr int kDegree = 53;

int degree_of(std::uint64_t bits) {
  return bits == 0 ? -1 : 63 - std::countl_zero(bits);
}

std::uint64_t remainder(std::uint64_t value, std::uint64_t modulus) {
  const int degree = degree_of(modulus);
  for (int top = degree_of(value); top >= degree; top = degree_of(value))
    value ^= modulus << (top - degree);
  return value;
}

std::uint64_t greatest_common_divisor(std::uint64_t a, std::uint64_t b) {
  while (b != 0) {
    const std::uint64_t rest = remainder(a, b);
    a = b;
    b = rest;
  }
  return a;
}

/// `a`·`b` mod `modulus`, with `a` and `b` reduced and a modulus of degree below 64.
std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  const int degree = degree_of(modulus);
  std::uint64_t product = 0;
  for (; b != 0; b >>= 1) {
    if ((b & 1) != 0) product ^= a;
    const bool carries = ((a >> (degree - 1)) & 1) != 0;
    a <<= 1;
    if (carries) a ^= modulus;
  }
  return product;
}

}  // namespace

int Polynomial::degree() const {
  return degree_of(bits);
}

bool Polynomial::is_irreducible() const {
  const int own_degree = degree();
  if (own_degree < 1) return false;
  if (own_degree == 1) return true;
  // Irreducible exactly when x^(2^i) - x has no common factor with it for every i ≤ degree / 2.
  constexpr std::uint64_t kX = 2;
  std::uint64_t power = kX;
  for (int i = 1; i <= own_degree / 2; ++i) {
    power = multiply(power, power, bits);
    if (greatest_common_divisor(bits, power ^ kX) != 1) return false;
  }
  return true;
}

std::string Polynomial::hex() const {
  char text[16];
  const auto result = std::to_chars(text, text + sizeof text, bits, 16);
  return {text, result.ptr};
}

Polynomial Polynomial::parse(std::string_view hex) {
  Polynomial polynomial;
  const char* end = hex.data() + hex.size();
  const auto result = std::from_chars(hex.data(), end, polynomial.bits, 16);
  if (hex.empty() || result.ec != std::errc{} || result.ptr != end)
    throw Error(ErrorCode::kCorrupt, "the chunker polynomial is not a hexadecimal number");
  if (polynomial.degree() != kDegree)
    throw Error(ErrorCode::kCorrupt, "the chunker polynomial " + polynomial.hex() +
                                         " is not of degree " + std::to_string(kDegree));
  if (!polynomial.is_irreducible())
    throw Error(ErrorCode::kCorrupt,
                "the chunker polynomial " + polynomial.hex() + " is not irreducible");
  return polynomial;
}

Polynomial Polynomial::generate() {
  constexpr std::uint64_t kTop = std::uint64_t{1} << kDegree;
  // About one in 27 of the candidates is irreducible.
  for (;;) {
    std::array<std::uint8_t, sizeof(std::uint64_t)> random;
    crypto::fill_random(random);
    const Polynomial polynomial{(std::bit_cast<std::uint64_t>(random) & (kTop - 1)) | kTop | 1};
    if (polynomial.is_irreducible()) return polynomial;
  }
}

}  // namespace pra::chunk
