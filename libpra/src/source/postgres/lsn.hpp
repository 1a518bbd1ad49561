#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pra::source::postgres {

/// A position in the write-ahead log, as PostgreSQL prints it: "16/B374D848".
struct Lsn {
  std::uint64_t value = 0;
  friend auto operator<=>(const Lsn&, const Lsn&) = default;
};

/// Throws Error(kCorrupt) unless `text` is two hex numbers of at most 32 bits with '/' between.
[[nodiscard]] Lsn parse_lsn(std::string_view text);
[[nodiscard]] std::string format_lsn(Lsn lsn);

/// Number of the segment that holds the byte at `lsn`.
[[nodiscard]] std::uint64_t segment_of(Lsn lsn, std::uint64_t segment_size);
/// Number of the last segment that is needed to replay up to `end`, which is exclusive.
[[nodiscard]] std::uint64_t last_segment_before(Lsn end, std::uint64_t segment_size);
/// File name of a segment: 24 upper-case hex digits.
[[nodiscard]] std::string segment_name(std::uint32_t timeline, std::uint64_t segment,
                                       std::uint64_t segment_size);

}  // namespace pra::source::postgres
