// Go's strconv.Quote and Unquote: how names appear inside trees.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "repo/tree.hpp"

namespace pra::repo {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kPrintable[] = {
#include "repo/printable_ranges.inc"
};

bool is_printable(char32_t code_point) {
  const auto* range = std::lower_bound(
      std::begin(kPrintable), std::end(kPrintable), code_point,
      [](const Range& candidate, char32_t value) { return candidate.last < value; });
  return range != std::end(kPrintable) && range->first <= code_point;
}

/// Escape letters of strconv.Quote and what they stand for.
constexpr std::string_view kLetters = "abfnrtv\\\"";
constexpr std::string_view kLetterBytes = "\a\b\f\n\r\t\v\\\"";

void append_hex(std::string& out, char32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    out += "0123456789abcdef"[value >> shift & 15];
}

void quote_code_point(std::string& out, const utf8::Decoded& decoded, std::string_view bytes) {
  const char32_t c = decoded.code_point;
  const auto letter = c < 0x80 ? kLetterBytes.find(static_cast<char>(c)) : std::string_view::npos;
  if (letter != std::string_view::npos) {
    out += '\\';
    out += kLetters[letter];
  } else if (decoded.valid && is_printable(c)) {
    out += bytes;
  } else if (!decoded.valid || c < 0x80) {
    out += "\\x";
    append_hex(out, c, 2);
  } else if (c < 0x10000) {
    out += "\\u";
    append_hex(out, c, 4);
  } else {
    out += "\\U";
    append_hex(out, c, 8);
  }
}

[[noreturn]] void fail_unquote(std::string_view quoted) {
  throw Error(ErrorCode::kCorrupt, "malformed name in a tree: " + printable(quoted.substr(0, 80)));
}

/// The value of `count` digits of `base` at `at`, which moves behind them.
std::uint32_t digits(std::string_view quoted, std::size_t& at, std::size_t count,
                     std::uint32_t base) {
  if (at + count > quoted.size()) fail_unquote(quoted);
  std::uint32_t value = 0;
  for (const std::size_t stop = at + count; at < stop; ++at) {
    const char c = quoted[at];
    const std::uint32_t digit = c >= '0' && c <= '9'   ? static_cast<std::uint32_t>(c - '0')
                                : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a' + 10)
                                : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10)
                                                       : base;
    if (digit >= base) fail_unquote(quoted);
    value = value * base + digit;
  }
  return value;
}

void unquote_escape(std::string& out, std::string_view quoted, std::size_t& at) {
  if (at >= quoted.size()) fail_unquote(quoted);
  const char kind = quoted[at];
  if (const auto letter = kLetters.find(kind); letter != std::string_view::npos) {
    ++at;
    out += kLetterBytes[letter];
  } else if (kind == 'x') {
    out += static_cast<char>(digits(quoted, ++at, 2, 16));
  } else if (kind == 'u' || kind == 'U') {
    const char32_t c = digits(quoted, ++at, kind == 'u' ? 4 : 8, 16);
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) fail_unquote(quoted);
    utf8::append(out, c);
  } else {
    const std::uint32_t value = digits(quoted, at, 3, 8);
    if (value > 0xff) fail_unquote(quoted);
    out += static_cast<char>(value);
  }
}

}  // namespace

std::string quote_name(std::string_view raw) {
  std::string out;
  out.reserve(raw.size() + 8);
  while (!raw.empty()) {
    const auto decoded = utf8::decode(raw);
    quote_code_point(out, decoded, raw.substr(0, decoded.length));
    raw.remove_prefix(decoded.length);
  }
  return out;
}

std::string unquote_name(std::string_view quoted) {
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t at = 0; at < quoted.size();) {
    const char c = quoted[at];
    if (c == '"' || c == '\n') fail_unquote(quoted);
    ++at;
    if (c == '\\') {
      unquote_escape(out, quoted, at);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace pra::repo
