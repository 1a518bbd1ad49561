#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace pra {

/// "90s", "15m", "1h30m", "2d", "1w", "250ms"; a unit is required (s, m, h, d, w, ms). Throws
/// Error(kInvalidArgument) with a hint.
[[nodiscard]] Duration parse_duration(std::string_view text);
/// The two most significant units: "1h 12m", "3.4s", "120ms".
[[nodiscard]] std::string format_duration(Duration duration);

/// "512", "64KiB", "1.5GiB", "10MB", and restic's "64K", "3M", "1G" (powers of 1024). Throws
/// Error(kInvalidArgument) with a hint.
[[nodiscard]] std::uint64_t parse_size(std::string_view text);
/// "1.234 GiB", "12 B".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace pra
