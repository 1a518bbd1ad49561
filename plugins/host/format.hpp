#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pra_host {

/// "1.234 GiB", "12 B".
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// "1h 12m", "3.4s", "120ms".
[[nodiscard]] std::string duration_text(double seconds);
/// "1,234,567".
[[nodiscard]] std::string count_text(std::uint64_t count);
/// "1 file", "1,234 files": the plural is made with an s unless it is given.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun,
                                  std::string_view plural = {});
/// RFC 3339 in UTC as local time: "2026-11-22 10:00:00"; the text itself when it is none.
[[nodiscard]] std::string local_time_text(std::string_view rfc3339);

}  // namespace pra_host
