#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "chunk/polynomial.hpp"

namespace pra::chunk {

inline constexpr std::size_t kWindow = 64;
inline constexpr std::size_t kMinimumChunk = 512 * 1024;
inline constexpr std::size_t kMaximumChunk = 8 * 1024 * 1024;
inline constexpr std::uint64_t kSplitMask = (std::uint64_t{1} << 20) - 1;

/// The tables of one polynomial's rolling fingerprint (M. O. Rabin, "Fingerprinting by random
/// polynomials", 1981) over a window of 64 bytes. Immutable once made; share it between threads.
class RabinTables {
 public:
  explicit RabinTables(Polynomial polynomial);

  [[nodiscard]] Polynomial polynomial() const { return polynomial_; }
  [[nodiscard]] const std::array<std::uint64_t, 256>& out() const { return out_; }
  [[nodiscard]] const std::array<std::uint64_t, 256>& mod() const { return mod_; }

 private:
  Polynomial polynomial_;
  std::array<std::uint64_t, 256> out_{};
  std::array<std::uint64_t, 256> mod_{};
};

/// Where the next chunk ends: the length of the first chunk of `data`, which starts at a chunk
/// boundary. Equal to restic's cut: the first position at or past 512 KiB where the fingerprint of
/// the last 64 bytes has its low 20 bits clear, or 8 MiB. When there is no cut within `data`:
/// `data.size()` if `at_end`, else 0 (give more data). Skips what cannot hold a cut, so about the
/// first 512 KiB of each chunk cost nothing.
[[nodiscard]] std::size_t first_cut(const RabinTables& tables, ByteView data, bool at_end);

/// All positions p in `data` (1-based ends: a chunk could end just after byte p-1) where the
/// fingerprint of the 64 bytes before p has its low 20 bits clear, for p ≥ 64: in any order of
/// evaluation the same, so parts of one file can be examined in parallel (give each part the 63
/// bytes before it). Computed in several lanes at once. Ascending. (A position less than 64 bytes
/// after the start of a file can never be a cut, because of the minimum.)
void find_candidates(const RabinTables& tables, ByteView data, std::vector<std::size_t>& out);

/// Applies minimum and maximum to ascending candidates: the ends of the chunks of a whole file of
/// `size` bytes, equal to repeated `first_cut`.
[[nodiscard]] std::vector<std::uint64_t> choose_cuts(std::span<const std::uint64_t> candidates,
                                                     std::uint64_t size);

}  // namespace pra::chunk
