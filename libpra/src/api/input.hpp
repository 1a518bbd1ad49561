#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace pra::api {

/// What a C caller gives, checked: a mistake is Error(kInvalidArgument) and not a crash.
[[noreturn]] inline void refuse_null(const char* name) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is NULL", name));
}

/// The place for an output, set to NULL so that it is so when the call fails.
template <class T>
T*& output(T** place, const char* name) {
  if (place == nullptr) refuse_null(name);
  *place = nullptr;
  return *place;
}

template <class T>
T& required(T* object, const char* name) {
  if (object == nullptr) refuse_null(name);
  return *object;
}

inline std::string required_text(const char* text, const char* name) {
  if (text == nullptr) refuse_null(name);
  return text;
}

/// NULL is empty.
inline std::string optional_text(const char* text) {
  return text != nullptr ? text : "";
}

inline std::vector<std::string> text_list(const char* const* items, std::size_t count,
                                          const char* name) {
  std::vector<std::string> out;
  if (count != 0 && items == nullptr) refuse_null(name);
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(required_text(items[i], name));
  return out;
}

/// A struct that begins with its size, as this library knows it: what an older caller does not have
/// is 0. What a newer one has and we do not know must be 0, or it would be ignored silently:
/// Error(kUnsupported).
template <class T>
T sized_copy(const T* given, const char* name) {
  T out{};
  if (given == nullptr) return out;
  if (given->size < sizeof given->size)
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' does not say its size", name),
                "begin it with its size: = {.size = sizeof(…)}");
  std::memcpy(&out, given, std::min(given->size, sizeof out));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof out; i < given->size; ++i)
    if (bytes[i] != 0)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("'{}' has a field that this version of libpra does not know", name),
                  "install a newer libpra");
  return out;
}

}  // namespace pra::api
