#include "chunk/rabin.hpp"

#include <algorithm>
#include <utility>

namespace pra::chunk {
namespace {

constexpr int kDegree = 53;

// Enough lanes to hide the latency of the table look-ups behind each other and few enough for the
// registers. Their distance is no multiple of 4 KiB, which would make them share cache sets.
constexpr std::size_t kLanes = 8;
constexpr std::size_t kLongLane = 8 * 1024 + 576;
constexpr std::size_t kShortLane = 512 + 64;

/// Adds one byte to a fingerprint that nothing leaves.
std::uint64_t shift_in(const RabinTables::Table& mod, std::uint64_t fingerprint,
                       std::uint8_t byte) {
  return (fingerprint << 8 | byte) ^ mod[fingerprint >> (kDegree - 8)];
}

std::uint64_t fingerprint_of_window(const RabinTables& tables, const std::uint8_t* window) {
  std::uint64_t fingerprint = 0;
  for (std::size_t i = 0; i < kWindow; ++i)
    fingerprint = shift_in(tables.mod(), fingerprint, window[i]);
  return fingerprint;
}

bool is_candidate(std::uint64_t fingerprint) {
  return (fingerprint & kSplitMask) == 0;
}

/// Examines `Lanes`·`Length` positions: those after `begin`, before which a whole window can be
/// read. Calls `found(lane, i)` for a candidate just before begin[lane · Length + i + 1].
template <std::size_t Lanes, std::size_t Length, class Found>
void scan_lanes(const RabinTables& tables, const std::uint8_t* begin, const Found& found) {
  const auto* mod = tables.mod().data();
  const auto* out = tables.out().data();
  std::array<std::uint64_t, Lanes> fingerprints;
  for (std::size_t lane = 0; lane < Lanes; ++lane)
    fingerprints[lane] = fingerprint_of_window(tables, begin + lane * Length - kWindow);

  for (std::size_t i = 0; i < Length; ++i) {
    const std::uint8_t* byte = begin + i;
    [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
      const auto slide = [&](std::uint64_t fingerprint, const std::uint8_t* entering) {
        return (fingerprint << 8 | *entering) ^ mod[fingerprint >> (kDegree - 8)] ^
               out[*(entering - kWindow)];
      };
      ((fingerprints[Lane] = slide(fingerprints[Lane], byte + Lane * Length)), ...);
      ((is_candidate(fingerprints[Lane]) ? found(Lane, i) : void()), ...);
    }
    (std::make_index_sequence<Lanes>{});
  }
}

/// Examines the positions in (begin, end]; a whole window must be readable before `begin`. Calls
/// `visit(position)` for the candidates, ascending; it returns true to stop.
template <class Visit>
void scan(const RabinTables& tables, ByteView data, std::size_t begin, std::size_t end,
          const Visit& visit) {
  std::array<std::vector<std::size_t>, kLanes> found;
  const auto scan_stripe = [&]<std::size_t Length>() {
    scan_lanes<kLanes, Length>(tables, data.data() + begin, [&](std::size_t lane, std::size_t i) {
      found[lane].push_back(begin + lane * Length + i + 1);
    });
    begin += kLanes * Length;
    for (auto& positions : found) {
      for (const std::size_t position : positions)
        if (visit(position)) return true;
      positions.clear();
    }
    return false;
  };
  while (end - begin >= kLanes * kLongLane)
    if (scan_stripe.template operator()<kLongLane>()) return;
  while (end - begin >= kLanes * kShortLane)
    if (scan_stripe.template operator()<kShortLane>()) return;
  std::uint64_t fingerprint = fingerprint_of_window(tables, data.data() + begin - kWindow);
  for (; begin < end; ++begin) {
    fingerprint =
        shift_in(tables.mod(), fingerprint, data[begin]) ^ tables.out()[data[begin - kWindow]];
    if (is_candidate(fingerprint) && visit(begin + 1)) return;
  }
}

}  // namespace

RabinTables::RabinTables(Polynomial polynomial) : polynomial_(polynomial) {
  const auto multiply_by_x = [&](std::uint64_t value) {
    value <<= 1;
    return (value >> kDegree & 1) != 0 ? value ^ polynomial_.bits : value;
  };
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int i = 0; i < kDegree; ++i)
      value = multiply_by_x(value);
    mod_[byte] = byte << kDegree | value;
    for (int i = kDegree; i < 8 * static_cast<int>(kWindow); ++i)
      value = multiply_by_x(value);
    out_[byte] = value;
  }
}

std::size_t first_cut(const RabinTables& tables, ByteView data, bool at_end) {
  const std::size_t limit = std::min(data.size(), kMaximumChunk);
  if (limit >= kMinimumChunk) {
    // Constant data is cut here; the lanes need not look at it.
    if (is_candidate(fingerprint_of_window(tables, data.data() + kMinimumChunk - kWindow)))
      return kMinimumChunk;
    std::size_t cut = 0;
    scan(tables, data, kMinimumChunk, limit, [&](std::size_t position) {
      cut = position;
      return true;
    });
    if (cut != 0) return cut;
    if (limit == kMaximumChunk) return kMaximumChunk;
  }
  return at_end ? data.size() : 0;
}

void find_candidates(const RabinTables& tables, ByteView data, std::vector<std::size_t>& out) {
  if (data.size() < kWindow) return;
  if (is_candidate(fingerprint_of_window(tables, data.data()))) out.push_back(kWindow);
  scan(tables, data, kWindow, data.size(), [&](std::size_t position) {
    out.push_back(position);
    return false;
  });
}

void CutChooser::add(std::span<const std::size_t> candidates, std::uint64_t base,
                     std::vector<std::uint64_t>& cuts) {
  auto next = candidates.begin();
  while (next != candidates.end()) {
    const std::uint64_t position = base + *next;
    advance(position, cuts);
    if (position >= start_ + kMinimumChunk) {
      start_ = position;
      cuts.push_back(start_);
    }
    // Dense candidates (constant data) need not be looked at one by one.
    const std::uint64_t earliest = start_ + kMinimumChunk;
    next = std::partition_point(next + 1, candidates.end(),
                                [&](std::size_t candidate) { return base + candidate < earliest; });
  }
}

void CutChooser::advance(std::uint64_t position, std::vector<std::uint64_t>& cuts) {
  while (position > start_ + kMaximumChunk) {
    start_ += kMaximumChunk;
    cuts.push_back(start_);
  }
}

void CutChooser::finish(std::uint64_t size, std::vector<std::uint64_t>& cuts) {
  advance(size, cuts);
  if (size > start_) cuts.push_back(size);
  start_ = size;
}

std::vector<std::uint64_t> choose_cuts(std::span<const std::uint64_t> candidates,
                                       std::uint64_t size) {
  static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));
  std::vector<std::uint64_t> cuts;
  CutChooser chooser;
  chooser.add(candidates, 0, cuts);
  chooser.finish(size, cuts);
  return cuts;
}

}  // namespace pra::chunk
