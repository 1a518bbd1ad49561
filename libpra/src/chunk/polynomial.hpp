#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pra::chunk {

/// A polynomial over GF(2), bit i being the coefficient of x^i; as restic's `chunker_polynomial`.
struct Polynomial {
  std::uint64_t bits = 0;

  [[nodiscard]] int degree() const;
  /// Ben-Or's test (M. Ben-Or, "Probabilistic algorithms in finite fields", 1981).
  [[nodiscard]] bool is_irreducible() const;
  /// Lower-case hex without 0x.
  [[nodiscard]] std::string hex() const;
  /// Error(kCorrupt) for text that is not hex; Error(kCorrupt) for one that is reducible or not of
  /// degree 53.
  [[nodiscard]] static Polynomial parse(std::string_view hex);
  /// A random irreducible polynomial of degree 53.
  [[nodiscard]] static Polynomial generate();
};

}  // namespace pra::chunk
