#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.hpp"

namespace pra {

namespace json = boost::json;

/// Parses hostile text. Depth is bounded (32 unless told); a duplicate key keeps its last value.
/// Throws Error(kCorrupt) "<what>: <reason> at byte N".
[[nodiscard]] json::value parse_json(std::string_view text, std::string_view what,
                                     std::size_t max_depth = 32);

/// Compact text. Not canonical: never hash it; canonical bytes are written by `JsonText`.
[[nodiscard]] std::string to_text(const json::value& value);

/// Reads the members of one JSON object with errors that name the object and the member:
/// Error(kCorrupt) "<what>: member 'x' is missing" or "… is not a string".
class JsonReader {
 public:
  JsonReader(const json::value& value, std::string_view what);

  [[nodiscard]] const json::object& object() const { return *object_; }
  [[nodiscard]] const json::value* find(std::string_view member) const;
  [[nodiscard]] std::string_view string(std::string_view member) const;
  [[nodiscard]] std::string_view string_or(std::string_view member,
                                           std::string_view fallback) const;
  [[nodiscard]] std::uint64_t unsigned_integer(std::string_view member) const;
  [[nodiscard]] std::uint64_t unsigned_or(std::string_view member, std::uint64_t fallback) const;
  [[nodiscard]] std::int64_t integer_or(std::string_view member, std::int64_t fallback) const;
  [[nodiscard]] bool boolean_or(std::string_view member, bool fallback) const;
  /// An empty array when the member is missing or null.
  [[nodiscard]] const json::array& array_or_empty(std::string_view member) const;
  [[nodiscard]] std::vector<std::string> strings_or_empty(std::string_view member) const;

 private:
  [[noreturn]] void fail(std::string_view member, std::string_view problem) const;
  const json::object* object_;
  std::string what_;
};

/// Appends JSON text byte by byte, in the order of the calls: canonical output for what is hashed,
/// and fast output for what is large. Strings escape `"`, `\`, control characters and, as Go's
/// encoding/json does, `<`, `>`, `&`, U+2028 and U+2029; invalid UTF-8 becomes U+FFFD.
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  JsonText& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  JsonText& string(std::string_view text);
  JsonText& number(std::uint64_t value);
  JsonText& number(std::int64_t value);

 private:
  std::string& out_;
};

}  // namespace pra
