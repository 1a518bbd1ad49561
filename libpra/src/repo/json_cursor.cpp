#include "repo/json_cursor.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "base/utf8.hpp"

namespace pra::repo {

namespace {

enum CharacterClass : std::uint8_t { kPlain, kQuote, kBackslash, kControl, kHigh };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c)
    classes[c] = kControl;
  for (std::size_t c = 0x80; c < 0x100; ++c)
    classes[c] = kHigh;
  classes['"'] = kQuote;
  classes['\\'] = kBackslash;
  return classes;
}();

}  // namespace

void JsonCursor::fail(std::string_view reason) const {
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: {} at byte {}", what_, reason, at_));
}

void JsonCursor::fail_expecting(char wanted) const {
  fail(at_ >= text_.size() ? "the text ends early" : fmt::format("'{}' is missing", wanted));
}

std::string_view JsonCursor::raw_string() {
  expect('"');
  const std::size_t start = at_;
  bool high = false;
  has_escape_ = false;
  for (;; ++at_) {
    if (at_ >= text_.size()) fail("a string does not end");
    switch (kClasses[static_cast<unsigned char>(text_[at_])]) {
      case kPlain:
        continue;
      case kHigh:
        high = true;
        continue;
      case kBackslash:
        has_escape_ = true;
        ++at_;
        continue;
      case kControl:
        fail("a control character in a string");
      default:
        break;
    }
    break;
  }
  const std::string_view raw = text_.substr(start, at_ - start);
  ++at_;
  if (high && !utf8::is_valid(raw)) fail("a string that is not UTF-8");
  return raw;
}

std::string_view JsonCursor::string() {
  if (peek() != '"') fail("not a string");
  const std::string_view raw = raw_string();
  if (!has_escape_) return raw;
  unescape(raw);
  return scratch_;
}

std::uint32_t JsonCursor::hex_quad(std::string_view raw, std::size_t at) const {
  if (at + 4 > raw.size()) fail("a malformed escape");
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = raw[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) fail("a malformed escape");
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return value;
}

void JsonCursor::unescape(std::string_view raw) {
  scratch_.clear();
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      const std::size_t stop = std::min(raw.find('\\', i), raw.size());
      scratch_.append(raw.substr(i, stop - i));
      i = stop;
      continue;
    }
    const char kind = raw[i + 1];  // raw_string() never ends behind a backslash
    i += 2;
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        scratch_ += kind;
        break;
      case 'b':
        scratch_ += '\b';
        break;
      case 'f':
        scratch_ += '\f';
        break;
      case 'n':
        scratch_ += '\n';
        break;
      case 'r':
        scratch_ += '\r';
        break;
      case 't':
        scratch_ += '\t';
        break;
      case 'u': {
        char32_t code_point = hex_quad(raw, i);
        i += 4;
        if (code_point >= 0xd800 && code_point < 0xdc00 && raw.substr(i, 2) == "\\u") {
          const std::uint32_t low = hex_quad(raw, i + 2);
          if (low >= 0xdc00 && low < 0xe000) {
            code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
          }
        }
        // A lone surrogate becomes U+FFFD, as in Go.
        if (code_point >= 0xd800 && code_point < 0xe000) code_point = 0xfffd;
        utf8::append(scratch_, code_point);
        break;
      }
      default:
        fail("an unknown escape");
    }
  }
}

bool JsonCursor::null() {
  if (peek() != 'n') return false;
  if (text_.substr(at_, 4) != "null") fail("an unknown word");
  at_ += 4;
  return true;
}

std::uint64_t JsonCursor::unsigned_integer() {
  const char first = peek();
  if (first < '0' || first > '9') fail("not an unsigned integer");
  std::uint64_t value = 0;
  const std::size_t start = at_;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, digit, &value))
      fail("a number that is too large");
  }
  if (first == '0' && at_ - start > 1) fail("a malformed number");
  if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E'))
    fail("not an unsigned integer");
  return value;
}

std::uint32_t JsonCursor::unsigned_32() {
  const std::uint64_t value = unsigned_integer();
  if (value > std::numeric_limits<std::uint32_t>::max()) fail("a number that is too large");
  return static_cast<std::uint32_t>(value);
}

std::string_view JsonCursor::skip() {
  const char first = peek();
  const std::size_t start = at_;
  if (first == '{') {
    object([&](std::string_view) { skip(); });
  } else if (first == '[') {
    array([&] { skip(); });
  } else if (first == '"') {
    raw_string();
  } else {
    while (at_ < text_.size() &&
           std::string_view("+-.0123456789abcdefghijklmnopqrstuvwxyzE").find(text_[at_]) !=
               std::string_view::npos)
      ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    const bool number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
    if (!number && word != "true" && word != "false" && word != "null") fail("not a JSON value");
  }
  return text_.substr(start, at_ - start);
}

void JsonCursor::end() {
  if (peek() != '\0' || at_ != text_.size()) fail("text after the end of the value");
}

}  // namespace pra::repo
