#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace pra {

namespace {

/// Reads a decimal number off the front of `text`; false when there is none.
bool take_number(std::string_view& text, double& value) {
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (result.ec != std::errc() || !std::isfinite(value) || value < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] >= 'a' && text[length] <= 'z') ||
                                  (text[length] >= 'A' && text[length] <= 'Z')))
    ++length;
  const auto out = text.substr(0, length);
  text.remove_prefix(length);
  return out;
}

constexpr std::array<std::pair<std::string_view, double>, 6> kDurationUnits{
    {{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9}}};

constexpr std::array<std::pair<std::string_view, double>, 15> kSizeUnits{{{"", 1},
                                                                          {"B", 1},
                                                                          {"K", 1024},
                                                                          {"k", 1024},
                                                                          {"KiB", 1024},
                                                                          {"KB", 1e3},
                                                                          {"kB", 1e3},
                                                                          {"M", 1048576.0},
                                                                          {"MiB", 1048576.0},
                                                                          {"MB", 1e6},
                                                                          {"G", 1073741824.0},
                                                                          {"GiB", 1073741824.0},
                                                                          {"GB", 1e9},
                                                                          {"TiB", 1099511627776.0},
                                                                          {"T", 1099511627776.0}}};

}  // namespace

Duration parse_duration(std::string_view text) {
  const auto bad = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "not a duration: '" + printable(text.substr(0, 64)) + "'",
                 "write a number with a unit: 500ms, 90s, 15m, 1h30m, 2d, 1w");
  };
  if (text == "0") return Duration::zero();
  auto rest = text;
  double total = 0;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    double value = 0;
    if (!take_number(rest, value)) throw bad();
    const auto unit = take_letters(rest);
    bool known = false;
    for (const auto& [name, factor] : kDurationUnits) {
      if (name != unit) continue;
      total += value * factor;
      known = true;
    }
    if (!known) throw bad();
  }
  if (total > 9e18) throw bad();
  return Duration(static_cast<std::int64_t>(total));
}

std::string format_duration(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0) return "-" + format_duration(-duration);
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {:02}h", whole / 86400, whole / 3600 % 24);
}

std::uint64_t parse_size(std::string_view text) {
  const auto bad = [&] {
    return Error(ErrorCode::kInvalidArgument, "not a size: '" + printable(text.substr(0, 64)) + "'",
                 "write bytes or a number with a unit: 4096, 64KiB, 10MB, 1.5GiB");
  };
  auto rest = text;
  double value = 0;
  if (!take_number(rest, value)) throw bad();
  while (!rest.empty() && rest.front() == ' ')
    rest.remove_prefix(1);
  for (const auto& [name, factor] : kSizeUnits) {
    if (name != rest) continue;
    if (value * factor > 9.2e18) throw bad();
    return static_cast<std::uint64_t>(value * factor);
  }
  throw bad();
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kNames{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kNames.size())
    value /= 1024, ++unit;
  return fmt::format("{:.3f} {}", value, kNames[unit]);
}

}  // namespace pra
