#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace pra::repo {

/// Walks over JSON text once, from front to back, without a document in memory: for index files and
/// trees, which are large and of known shape. The text is hostile: depth is bounded, numbers must
/// fit, strings must be UTF-8, and everything else is Error(kCorrupt) "<what>: <reason> at byte N".
/// The text must outlive the cursor. Not thread-safe.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  /// Calls `member(key)` for each member; it must consume the value. Keys never need unescaping for
  /// the members that we know; one with escapes is handed over as it is written.
  template <class Member>
  void object(Member&& member) {
    enter('{');
    if (!leave_if('}')) {
      do {
        skip_space();
        const std::string_view key = raw_string();
        expect(':');
        member(key);
      } while (next_or('}'));
    }
    --depth_;
  }

  /// Calls `element()` for each element; it must consume it.
  template <class Element>
  void array(Element&& element) {
    enter('[');
    if (!leave_if(']')) {
      do {
        element();
      } while (next_or(']'));
    }
    --depth_;
  }

  /// True, and consumed, when a null comes next.
  [[nodiscard]] bool null();
  /// The decoded string, valid until the next call.
  [[nodiscard]] std::string_view string();
  [[nodiscard]] std::uint64_t unsigned_integer();
  /// Error(kCorrupt) above 2^32-1.
  [[nodiscard]] std::uint32_t unsigned_32();
  /// Skips any value and returns its text.
  std::string_view skip();
  /// Only white space may be left.
  void end();

  [[noreturn]] void fail(std::string_view reason) const;

 private:
  static constexpr int kMaxDepth = 32;

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  /// The next character that is not white space, not consumed; '\0' at the end.
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void expect(char wanted) {
    if (peek() != wanted) fail_expecting(wanted);
    ++at_;
  }
  void enter(char opening) {
    expect(opening);
    if (++depth_ > kMaxDepth) fail("nested too deeply");
  }
  bool leave_if(char closing) {
    if (peek() != closing) return false;
    ++at_;
    return true;
  }
  bool next_or(char closing) {
    const char found = peek();
    if (found != ',' && found != closing) fail_expecting(closing);
    ++at_;
    return found == ',';
  }
  [[noreturn]] void fail_expecting(char wanted) const;
  /// A string as it is written, without its quotes.
  std::string_view raw_string();
  void unescape(std::string_view raw);
  std::uint32_t hex_quad(std::string_view raw, std::size_t at) const;

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool has_escape_ = false;
  std::string scratch_;
};

}  // namespace pra::repo
