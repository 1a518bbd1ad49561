#include "source/postgres/lsn.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"

namespace pra::source::postgres {

namespace {

bool parse_half(std::string_view text, std::uint32_t& out) {
  if (text.empty() || text.size() > 8) return false;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return failure == std::errc() && end == text.data() + text.size();
}

}  // namespace

Lsn parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  if (slash == std::string_view::npos || !parse_half(text.substr(0, slash), high) ||
      !parse_half(text.substr(slash + 1), low))
    throw Error(ErrorCode::kCorrupt, "not a position in the write-ahead log: " + printable(text));
  return {(std::uint64_t{high} << 32) | low};
}

std::string format_lsn(Lsn lsn) {
  return fmt::format("{:X}/{:X}", lsn.value >> 32, lsn.value & 0xFFFFFFFF);
}

std::uint64_t segment_of(Lsn lsn, std::uint64_t segment_size) {
  return lsn.value / segment_size;
}

std::uint64_t last_segment_before(Lsn end, std::uint64_t segment_size) {
  return (end.value - 1) / segment_size;
}

std::string segment_name(std::uint32_t timeline, std::uint64_t segment,
                         std::uint64_t segment_size) {
  const std::uint64_t segments_a_log = (std::uint64_t{1} << 32) / segment_size;
  return fmt::format("{:08X}{:08X}{:08X}", timeline, segment / segments_a_log,
                     segment % segments_a_log);
}

}  // namespace pra::source::postgres
