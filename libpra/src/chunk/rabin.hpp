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
/// polynomials", 1981) over a window of 64 bytes. A byte enters and the byte 64 before it leaves by
///   f = (f << 8 | entering) ^ mod[f >> 45] ^ out[leaving].
/// Immutable once made; share it between threads.
class RabinTables {
 public:
  using Table = std::array<std::uint64_t, 256>;

  explicit RabinTables(Polynomial polynomial);

  [[nodiscard]] Polynomial polynomial() const { return polynomial_; }
  /// out[b] = b·x^512 mod p: what a byte still contributes when it is 64 bytes old.
  [[nodiscard]] const Table& out() const { return out_; }
  /// mod[b] = b·x^53 + (b·x^53 mod p): reduces after a shift by one byte.
  [[nodiscard]] const Table& mod() const { return mod_; }

 private:
  Polynomial polynomial_;
  Table out_{};
  Table mod_{};
};

/// Where the next chunk ends: the length of the first chunk of `data`, which starts at a chunk
/// boundary. Equal to restic's cut: the first position at or past 512 KiB where the fingerprint of
/// the last 64 bytes has its low 20 bits clear, or 8 MiB. When there is no cut within `data`:
/// `data.size()` if `at_end`, else 0 (give more data). Skips what cannot hold a cut, so about the
/// first 512 KiB of each chunk cost nothing.
[[nodiscard]] std::size_t first_cut(const RabinTables& tables, ByteView data, bool at_end);

/// Appends to `out`, ascending, every position p of `data` (a chunk could end just before byte p)
/// where the fingerprint of the 64 bytes before p has its low 20 bits clear, for p ≥ 64. It depends
/// on those bytes alone, so parts of one file can be examined in parallel: give each part the 63
/// bytes before it. (A position less than 64 bytes after the start of a file can never be a cut,
/// because of the minimum.) Several lanes are computed at once. Constant data has a candidate at
/// every byte when it has one, so bound the size of a part: 8 bytes of `out` a byte at worst.
void find_candidates(const RabinTables& tables, ByteView data, std::vector<std::size_t>& out);

/// Applies minimum and maximum to a file's candidates as they come, part by part and in order: the
/// ends of its chunks, equal to repeated `first_cut`, in constant memory.
class CutChooser {
 public:
  /// Candidates in the file's next part: each is a position of the file less `base`. The positions
  /// must ascend over all calls; repeated ones are harmless. Appends the cuts they decide to
  /// `cuts`.
  void add(std::span<const std::size_t> candidates, std::uint64_t base,
           std::vector<std::uint64_t>& cuts);
  /// Nothing more comes: appends the cuts up to the end of the file of `size` bytes.
  void finish(std::uint64_t size, std::vector<std::uint64_t>& cuts);
  /// No candidate comes before `position` any more: appends the cuts that this decides.
  void advance(std::uint64_t position, std::vector<std::uint64_t>& cuts);

 private:
  std::uint64_t start_ = 0;  ///< Where the chunk that is not cut yet begins.
};

/// The same for all candidates of a whole file of `size` bytes at once.
[[nodiscard]] std::vector<std::uint64_t> choose_cuts(std::span<const std::uint64_t> candidates,
                                                     std::uint64_t size);

}  // namespace pra::chunk
