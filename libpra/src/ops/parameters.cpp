#include "ops/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/units.hpp"
#include "base/words.hpp"

namespace pra::ops {

namespace {

/// A value that does not fit; the message completes "parameter 'x' ".
struct Misfit {
  std::string message;
};

std::string shown(const json::value& value) {
  static constexpr std::size_t kLongest = 60;
  auto text = value.is_string() ? std::string(value.get_string()) : to_text(value);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return printable(text);
}

/// Text that may carry no NUL: names and paths go to the system as C strings.
std::string as_string(const json::value& value) {
  if (value.is_string()) {
    std::string text(value.get_string());
    if (text.find('\0') != std::string::npos) throw Misfit{"holds a NUL byte"};
    return text;
  }
  if (value.is_int64() || value.is_uint64()) return to_text(value);
  throw Misfit{fmt::format("must be text, not {}", shown(value))};
}

json::value as_integer(const json::value& value) {
  if (value.is_int64()) return value;
  std::int64_t number = 0;
  if (const auto* text = value.if_string()) {
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  }
  throw Misfit{fmt::format("must be a whole number, not '{}'", shown(value))};
}

json::value as_boolean(const json::value& value) {
  if (value.is_bool()) return value;
  if (const auto* text = value.if_string()) {
    if (*text == "true" || *text == "yes" || *text == "1") return true;
    if (*text == "false" || *text == "no" || *text == "0") return false;
  }
  throw Misfit{fmt::format("must be true or false, not '{}'", shown(value))};
}

/// Checks by parsing; the text itself stays the value.
template <class Parse>
json::value as_measured(const json::value& value, std::string_view what, Parse parse) {
  const auto text = as_string(value);
  try {
    static_cast<void>(parse(text));
  } catch (const Error& error) {
    throw Misfit{fmt::format("must be {}, not '{}' ({})", what, shown(value), error.hint())};
  }
  return json::string(text);
}

json::value as_list(const json::value& value) {
  json::array list;
  if (const auto* items = value.if_array()) {
    for (const auto& item : *items)
      list.emplace_back(as_string(item));
  } else {
    list.emplace_back(as_string(value));
  }
  return list;
}

json::value as_map(const json::value& value) {
  json::object map;
  if (const auto* members = value.if_object()) {
    for (const auto& member : *members)
      map[member.key()] = as_string(member.value());
    return map;
  }
  const auto pairs = as_list(value);
  for (const auto& pair : pairs.get_array()) {
    const std::string text(pair.get_string());
    const auto sign = text.find('=');
    if (sign == std::string::npos || sign == 0)
      throw Misfit{fmt::format("must be written NAME=VALUE, not '{}'", shown(pair))};
    map[text.substr(0, sign)] = text.substr(sign + 1);
  }
  return map;
}

json::value convert(const Parameter& parameter, const json::value& value) {
  switch (parameter.type) {
    case ParameterType::kInteger:
      return as_integer(value);
    case ParameterType::kBoolean:
      return as_boolean(value);
    case ParameterType::kDuration:
      return as_measured(value, "a duration", parse_duration);
    case ParameterType::kSize:
      return as_measured(value, "a size", parse_size);
    case ParameterType::kStringList:
    case ParameterType::kPathList:
      return as_list(value);
    case ParameterType::kStringMap:
      return as_map(value);
    case ParameterType::kString:
    case ParameterType::kPath:
      break;
  }
  return json::string(as_string(value));
}

json::value checked_value(const Parameter& parameter, const json::value& value) {
  auto converted = convert(parameter, value);
  const auto allowed = [&](const json::value& item) {
    return std::ranges::find(parameter.choices, std::string(item.get_string())) !=
           parameter.choices.end();
  };
  const bool fits = parameter.choices.empty() ||
                    (converted.is_array() ? std::ranges::all_of(converted.get_array(), allowed)
                                          : allowed(converted));
  if (!fits)
    throw Misfit{fmt::format("must be one of {}, not '{}'", fmt::join(parameter.choices, ", "),
                             shown(value))};
  return converted;
}

std::vector<std::string> names_of(const Operation& operation) {
  std::vector<std::string> names;
  for (const auto& parameter : operation.parameters)
    names.push_back(parameter.name);
  return names;
}

}  // namespace

json::object check_parameters(const Operation& operation, const json::object& given) {
  std::vector<std::string> wrong;
  json::object checked;
  for (const auto& parameter : operation.parameters) {
    const auto* value = given.if_contains(parameter.name);
    const bool present = value != nullptr && !value->is_null();
    if (!present && parameter.required)
      wrong.push_back(fmt::format("parameter '{}' is missing", parameter.name));
    if (!present && parameter.default_text.empty()) continue;
    try {
      checked[parameter.name] =
          checked_value(parameter, present ? *value : json::value(parameter.default_text));
    } catch (const Misfit& misfit) {
      wrong.push_back(fmt::format("parameter '{}' {}", parameter.name, misfit.message));
    }
  }
  const auto names = names_of(operation);
  for (const auto& member : given) {
    const std::string name(member.key());
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto nearest = nearest_name(name, names);
    wrong.push_back(
        fmt::format("there is no parameter '{}'{}", printable(name),
                    nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
  }
  if (!wrong.empty())
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: {}", operation.name, fmt::join(wrong, "; ")));
  return checked;
}

std::string Arguments::text(std::string_view name) const {
  const auto* value = checked_.if_contains(name);
  return value == nullptr ? std::string() : std::string(value->as_string());
}

bool Arguments::flag(std::string_view name) const {
  const auto* value = checked_.if_contains(name);
  return value != nullptr && value->as_bool();
}

std::int64_t Arguments::integer(std::string_view name, std::int64_t fallback) const {
  const auto* value = checked_.if_contains(name);
  return value == nullptr ? fallback : value->as_int64();
}

std::optional<Duration> Arguments::duration(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return parse_duration(text(name));
}

std::uint64_t Arguments::size(std::string_view name) const {
  return has(name) ? parse_size(text(name)) : 0;
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  std::vector<std::string> out;
  if (const auto* value = checked_.if_contains(name))
    for (const auto& item : value->as_array())
      out.emplace_back(item.as_string());
  return out;
}

std::map<std::string, std::string> Arguments::map(std::string_view name) const {
  std::map<std::string, std::string> out;
  if (const auto* value = checked_.if_contains(name))
    for (const auto& member : value->as_object())
      out.emplace(member.key(), std::string(member.value().as_string()));
  return out;
}

}  // namespace pra::ops
