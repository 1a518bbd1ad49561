#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace pra::repo {

/// Open addressing over numbered entries that are kept elsewhere: four bytes a slot, at most three
/// quarters full. A slot carries six bits of its entry's hash, so that a probe seldom looks at an
/// entry in vain. Entries are never removed. Not thread-safe.
class SlotTable {
 public:
  static constexpr int kEntryBits = 26;
  /// Entries must have smaller numbers.
  static constexpr std::uint32_t kMaxEntries = (1u << kEntryBits) - 1;
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// The first entry with this hash for which `equal(entry)` holds, or kNone.
  template <class Equal>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Equal&& equal) const {
    if (slots_.empty()) return kNone;
    const std::size_t mask = slots_.size() - 1;
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const std::uint32_t slot = slots_[at];
      if (slot == kNone) return kNone;
      if ((slot & ~kMaxEntries) == tag && equal(slot & kMaxEntries)) return slot & kMaxEntries;
    }
  }

  /// Adds an entry that is not there yet; `hash_of(entry)` gives the hash of any entry.
  template <class HashOf>
  void insert(std::uint32_t entry, HashOf&& hash_of) {
    if ((count_ + 1) * 4 > slots_.size() * 3) {
      std::vector<std::uint32_t> old(slots_.empty() ? 16 : slots_.size() * 2, kNone);
      old.swap(slots_);
      for (const std::uint32_t moved : old)
        if (moved != kNone) place(moved & kMaxEntries, hash_of(moved & kMaxEntries));
    }
    place(entry, hash_of(entry));
    ++count_;
  }

  [[nodiscard]] std::size_t memory_bytes() const { return slots_.capacity() * sizeof(slots_[0]); }

 private:
  /// Bits that neither choose the slot nor (in Index) the shard.
  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 45 & 63) << kEntryBits;
  }
  void place(std::uint32_t entry, std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != kNone)
      at = (at + 1) & mask;
    slots_[at] = tag_of(hash) | entry;
  }

  std::vector<std::uint32_t> slots_;
  std::size_t count_ = 0;
};

/// A sequence that grows in pieces, so that growing neither copies nor needs twice the room.
template <class T, std::size_t kPiece = 128>
class PiecewiseVector {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return pieces_[i / kPiece][i % kPiece]; }
  void push_back(const T& value) {
    if (size_ % kPiece == 0) {
      pieces_.emplace_back();
      pieces_.back().reserve(kPiece);
    }
    pieces_.back().push_back(value);
    ++size_;
  }
  [[nodiscard]] std::size_t memory_bytes() const { return pieces_.size() * kPiece * sizeof(T); }

 private:
  std::vector<std::vector<T>> pieces_;
  std::size_t size_ = 0;
};

}  // namespace pra::repo
