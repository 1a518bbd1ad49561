#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace pra {

namespace {

/// JSON has no text for infinity, which is what a number such as 1e400 becomes.
bool holds_infinity(const json::value& value) {
  if (const auto* number = value.if_double()) return !std::isfinite(*number);
  if (const auto* array = value.if_array())
    return std::any_of(array->begin(), array->end(), holds_infinity);
  if (const auto* object = value.if_object())
    return std::any_of(object->begin(), object->end(),
                       [](const auto& member) { return holds_infinity(member.value()); });
  return false;
}

}  // namespace

json::value parse_json(std::string_view text, std::string_view what, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::parser parser({}, options);
  boost::system::error_code problem;
  const std::size_t used = parser.write_some(text.data(), text.size(), problem);
  // Only white space may follow (a tree ends with a newline).
  const auto rest = text.substr(used);
  if (!problem && rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: text after the JSON value at byte {}", what, used));
  if (problem)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: {} at byte {}", what, problem.message(), used));
  json::value value = parser.release();
  if (holds_infinity(value))
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: a number is too large", what));
  return value;
}

std::string to_text(const json::value& value) {
  return json::serialize(value);
}

JsonReader::JsonReader(const json::value& value, std::string_view what)
    : object_(value.if_object()), what_(what) {
  if (object_ == nullptr)
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: not a JSON object", what_));
}

void JsonReader::fail(std::string_view member, std::string_view problem) const {
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: member '{}' {}", what_, member, problem));
}

const json::value* JsonReader::find(std::string_view member) const {
  const auto* value = object_->if_contains(member);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

std::string_view JsonReader::string(std::string_view member) const {
  const auto* value = find(member);
  if (value == nullptr) fail(member, "is missing");
  if (!value->is_string()) fail(member, "is not a string");
  const auto& text = value->get_string();
  return {text.data(), text.size()};
}

std::string_view JsonReader::string_or(std::string_view member, std::string_view fallback) const {
  return find(member) != nullptr ? string(member) : fallback;
}

std::uint64_t JsonReader::unsigned_integer(std::string_view member) const {
  const auto* value = find(member);
  if (value == nullptr) fail(member, "is missing");
  if (value->is_uint64()) return value->get_uint64();
  if (!value->is_int64() || value->get_int64() < 0) fail(member, "is not an unsigned integer");
  return static_cast<std::uint64_t>(value->get_int64());
}

std::uint64_t JsonReader::unsigned_or(std::string_view member, std::uint64_t fallback) const {
  return find(member) != nullptr ? unsigned_integer(member) : fallback;
}

std::int64_t JsonReader::integer_or(std::string_view member, std::int64_t fallback) const {
  const auto* value = find(member);
  if (value == nullptr) return fallback;
  if (!value->is_int64()) fail(member, "is not an integer");
  return value->get_int64();
}

bool JsonReader::boolean_or(std::string_view member, bool fallback) const {
  const auto* value = find(member);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) fail(member, "is not a boolean");
  return value->get_bool();
}

const json::array& JsonReader::array_or_empty(std::string_view member) const {
  static const json::array kEmpty;
  const auto* value = find(member);
  if (value == nullptr) return kEmpty;
  if (!value->is_array()) fail(member, "is not an array");
  return value->get_array();
}

std::vector<std::string> JsonReader::strings_or_empty(std::string_view member) const {
  std::vector<std::string> out;
  for (const auto& item : array_or_empty(member)) {
    if (!item.is_string()) fail(member, "holds something that is not a string");
    out.emplace_back(item.get_string());
  }
  return out;
}

JsonText& JsonText::string(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out_ += '"';
  std::size_t start = 0;
  const auto flush = [&](std::size_t end) { out_.append(text.substr(start, end - start)); };
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') {
      ++i;
      continue;
    }
    if (c < 0x80) {
      flush(i);
      switch (c) {
        case '"':
          out_ += "\\\"";
          break;
        case '\\':
          out_ += "\\\\";
          break;
        case '\n':
          out_ += "\\n";
          break;
        case '\r':
          out_ += "\\r";
          break;
        case '\t':
          out_ += "\\t";
          break;
        case '\b':
          out_ += "\\b";
          break;
        case '\f':
          out_ += "\\f";
          break;
        default:
          out_ += "\\u00";
          out_ += kHex[c >> 4];
          out_ += kHex[c & 15];
      }
      start = ++i;
      continue;
    }
    const auto decoded = utf8::decode(text.substr(i));
    if (!decoded.valid) {
      flush(i);
      out_ += "\\ufffd";
      start = ++i;
    } else if (decoded.code_point == 0x2028 || decoded.code_point == 0x2029) {
      flush(i);
      out_ += decoded.code_point == 0x2028 ? "\\u2028" : "\\u2029";
      start = i += decoded.length;
    } else {
      i += decoded.length;
    }
  }
  flush(text.size());
  out_ += '"';
  return *this;
}

JsonText& JsonText::number(std::uint64_t value) {
  std::array<char, 24> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), result.ptr);
  return *this;
}

JsonText& JsonText::number(std::int64_t value) {
  std::array<char, 24> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), result.ptr);
  return *this;
}

}  // namespace pra
