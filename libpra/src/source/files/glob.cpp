#include "source/files/glob.hpp"

#include <cstddef>
#include <optional>

#include "base/utf8.hpp"

namespace pra::source {
namespace {

constexpr char32_t kReplacement = 0xfffd;

char32_t take_character(std::string_view& text) {
  const auto decoded = utf8::decode(text);
  text.remove_prefix(decoded.length);
  return decoded.valid ? decoded.code_point : kReplacement;
}

/// One end of a range inside a class; nothing when it is malformed.
std::optional<char32_t> take_range_end(std::string_view& pattern) {
  if (pattern.empty() || pattern.front() == '-' || pattern.front() == ']') return std::nullopt;
  if (pattern.front() == '\\') {
    pattern.remove_prefix(1);
    if (pattern.empty()) return std::nullopt;
  }
  const auto decoded = utf8::decode(pattern);
  if (!decoded.valid) return std::nullopt;
  pattern.remove_prefix(decoded.length);
  if (pattern.empty()) return std::nullopt;
  return decoded.code_point;
}

/// Consumes a class, `pattern` standing behind its '['. Nothing when it is malformed.
std::optional<bool> take_class(std::string_view& pattern, char32_t character) {
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (bool first = true;; first = false) {
    if (!first && pattern.starts_with(']')) break;
    const auto low = take_range_end(pattern);
    if (!low) return std::nullopt;
    auto high = low;
    if (pattern.front() == '-') {
      pattern.remove_prefix(1);
      high = take_range_end(pattern);
      if (!high) return std::nullopt;
    }
    found = found || (*low <= character && character <= *high);
  }
  pattern.remove_prefix(1);
  return found != negated;
}

/// Matches one term that is no star against the beginning of `name`; consumes both when it does.
bool take_term(std::string_view& pattern, std::string_view& name) {
  if (name.empty()) return false;
  auto rest = pattern.substr(1);
  switch (pattern.front()) {
    case '?':
      if (name.front() == '/') return false;
      take_character(name);
      break;
    case '[': {
      auto after = name;
      if (!take_class(rest, take_character(after)).value_or(false)) return false;
      name = after;
      break;
    }
    case '\\':
      if (rest.empty() || rest.front() != name.front()) return false;
      rest.remove_prefix(1);
      name.remove_prefix(1);
      break;
    default:
      if (pattern.front() != name.front()) return false;
      name.remove_prefix(1);
  }
  pattern = rest;
  return true;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view name) {
  // A star is retried from one byte further on when what follows it fails; only the last star
  // needs that, because an earlier one has matched as little as it can.
  std::optional<std::string_view> after_star;
  std::string_view retry;
  while (true) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      after_star = pattern;
      retry = name;
      continue;
    }
    if (pattern.empty() ? name.empty() : take_term(pattern, name)) {
      if (pattern.empty() && name.empty()) return true;
      continue;
    }
    if (!after_star || retry.empty() || retry.front() == '/') return false;
    retry.remove_prefix(1);
    name = retry;
    pattern = *after_star;
  }
}

bool glob_is_well_formed(std::string_view pattern) {
  while (!pattern.empty()) {
    const char first = pattern.front();
    pattern.remove_prefix(1);
    if (first == '\\') {
      if (pattern.empty()) return false;
      pattern.remove_prefix(1);
    } else if (first == '[') {
      if (!take_class(pattern, 0)) return false;
    }
  }
  return true;
}

}  // namespace pra::source
