#include "store/store.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace pra::store {

namespace {

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_part(std::string_view part) {
  constexpr std::size_t kLongest = 200;  // Every store's limit for a file name is above that.
  return !part.empty() && part.size() <= kLongest && part != "." && part != ".." &&
         std::all_of(part.begin(), part.end(), is_allowed);
}

}  // namespace

bool is_object_name(std::string_view name) {
  constexpr std::size_t kLongest = 900;  // S3 takes 1024 bytes, a prefix of the bucket included.
  if (name.size() > kLongest) return false;
  for (;;) {
    const auto slash = name.find('/');
    if (!is_part(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

void check_object_name(std::string_view name) {
  if (!is_object_name(name))
    throw Error(ErrorCode::kInvalidArgument,
                "'" + printable(name.substr(0, 200)) + "' is not a name that an object can have");
}

void check_prefix(std::string_view prefix) {
  if (prefix.empty()) return;
  if (!prefix.ends_with('/') || !is_object_name(prefix.substr(0, prefix.size() - 1)))
    throw Error(ErrorCode::kInvalidArgument,
                "'" + printable(prefix.substr(0, 200)) + "' is not a prefix of objects' names");
}

}  // namespace pra::store
