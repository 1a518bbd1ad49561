#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "probe/probe.hpp"

namespace pra::probe {

namespace {

/// Labels may hold anything but '=' and a single quote, which is doubled; '|' would start perfdata.
std::string label(std::string_view name) {
  std::string out = "'";
  for (const char c : name) {
    if (c == '\'') out += '\'';
    out += c == '=' || c == '|' || static_cast<unsigned char>(c) < 0x20 ? '_' : c;
  }
  return out + "'";
}

std::string plain(std::string text) {
  std::ranges::replace(text, '|', '/');
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

std::string nagios_line(const std::vector<Result>& results) {
  const auto healthy = std::ranges::count_if(results, &Result::healthy);
  const bool good = healthy == static_cast<std::ptrdiff_t>(results.size());
  std::string line = fmt::format("PRA {} - {} of {} probes healthy", good ? "OK" : "CRITICAL",
                                 healthy, results.size());
  for (const auto& result : results)
    if (!result.healthy) line += plain(fmt::format("; {}: {}", result.name, result.message));
  line += " |";
  for (const auto& result : results)
    line += fmt::format(" {}={:.3f}s;;;0", label(result.name),
                        std::chrono::duration<double>(result.elapsed).count());
  return line;
}

}  // namespace pra::probe
