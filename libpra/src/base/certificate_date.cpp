#include "base/certificate_date.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>

#include "base/error.hpp"

namespace pra {

namespace {

/// 1 to 12; 0 for no month.
int month_number(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = name.size() == 3 ? kMonths.find(name) : std::string_view::npos;
  return at == std::string_view::npos || at % 3 != 0 ? 0 : static_cast<int>(at / 3) + 1;
}

}  // namespace

std::optional<Timestamp> parse_certificate_date(std::string_view text) {
  const std::string line(text);
  std::array<char, 4> month{};
  int year = 0, month_value = 0, day = 0, hour = 0, minute = 0, second = 0, end = 0;
  if (std::sscanf(line.c_str(), " %3s %2d %2d:%2d:%2d %4d GMT%n", month.data(), &day, &hour,
                  &minute, &second, &year, &end) == 6 &&
      end != 0) {
    month_value = month_number(month.data());
  } else if (std::sscanf(line.c_str(), " %4d-%2d-%2d %2d:%2d:%2d GMT%n", &year, &month_value, &day,
                         &hour, &minute, &second, &end) != 6 ||
             end == 0) {
    return std::nullopt;
  }
  try {
    return parse_rfc3339(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month_value, day,
                                     hour, minute, second));
  } catch (const Error&) {  // The fields are no date.
    return std::nullopt;
  }
}

}  // namespace pra
