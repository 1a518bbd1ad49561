#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace pra {

using Duration = std::chrono::nanoseconds;

/// A point in time: seconds since 1970-01-01T00:00:00Z and nanoseconds within that second
/// (0 to 999,999,999, also before 1970), as in `struct timespec`.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  [[nodiscard]] Timestamp plus(Duration duration) const;
  /// `*this - earlier`.
  [[nodiscard]] Duration since(const Timestamp& earlier) const;
};

/// RFC 3339 in UTC with trailing zeros of the fraction trimmed ("2026-11-22T09:00:00.5Z"), the year
/// clamped to 0–9999: the form in restic's trees and snapshots.
[[nodiscard]] std::string format_rfc3339(const Timestamp& time);
/// The same into `out` without an allocation of its own; for trees with many nodes.
void append_rfc3339(std::string& out, const Timestamp& time);
/// Any RFC 3339 text, with an offset or Z. Throws Error(kInvalidArgument).
[[nodiscard]] Timestamp parse_rfc3339(std::string_view text);
/// "2026-11-22 09:00:00" in the local time zone, for people.
[[nodiscard]] std::string format_local(const Timestamp& time);

/// Where time comes from and how waiting is done; tests use one whose time they set.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
  /// Waits; returns false when `stop` was requested first.
  virtual bool sleep(Duration duration, const std::stop_token& stop) = 0;
};

/// The system's clock (CLOCK_REALTIME). Safe for concurrent use.
[[nodiscard]] std::shared_ptr<Clock> system_clock();

}  // namespace pra
