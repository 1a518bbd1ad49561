#include <fmt/format.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include "base/descriptor_metadata.hpp"
#include "base/directory.hpp"
#include "base/error.hpp"

namespace pra {

namespace {

/// XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux.
constexpr std::size_t kLargest = 64 << 10;

/// Calls `get(place, room)` until the value fits; nothing when it returns a negative number.
template <class Get>
std::optional<Buffer> read_value(const Get& get) {
  std::array<std::uint8_t, 512> small;
  const ssize_t length = get(small.data(), small.size());
  if (length >= 0) return to_buffer(ByteView(small).first(static_cast<std::size_t>(length)));
  if (errno != ERANGE) return std::nullopt;
  Buffer large(kLargest);
  const ssize_t large_length = get(large.data(), large.size());
  if (large_length < 0) return std::nullopt;
  large.resize(static_cast<std::size_t>(large_length));
  return large;
}

template <class List, class Get>
std::vector<ExtendedAttribute> read_all(const std::string& path, const List& list, const Get& get) {
  const auto names = read_value(
      [&](void* place, std::size_t room) { return list(static_cast<char*>(place), room); });
  if (!names) {
    if (errno == ENOTSUP) return {};
    throw_errno("list the extended attributes of", path, errno);
  }
  std::vector<ExtendedAttribute> out;
  auto rest = as_text(*names);
  while (!rest.empty()) {
    std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    auto value =
        read_value([&](void* place, std::size_t room) { return get(name.c_str(), place, room); });
    if (value) {
      out.emplace_back(std::move(name), std::move(*value));
    } else if (errno != ENODATA) {  // Removed since it was listed.
      throw_errno(fmt::format("read the extended attribute {} of", printable(name)), path, errno);
    }
  }
  return out;
}

/// The only path that names an entry of an open directory, symbolic links included, without going
/// through the directory's own path again.
std::string entry_path(const Directory& directory, const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is not a name that an entry of {} can have",
                                                 printable(name), printable(directory.path())));
  return fmt::format("/proc/self/fd/{}/{}", directory.descriptor(), name);
}

}  // namespace

std::vector<ExtendedAttribute> Directory::extended_attributes(const std::string& name) const {
  const auto path = entry_path(*this, name);
  return read_all(
      path_of(name),
      [&](char* place, std::size_t room) { return ::llistxattr(path.c_str(), place, room); },
      [&](const char* attribute, void* place, std::size_t room) {
        return ::lgetxattr(path.c_str(), attribute, place, room);
      });
}

void Directory::set_extended_attributes(const std::string& name,
                                        const std::vector<ExtendedAttribute>& attributes) const {
  const auto path = entry_path(*this, name);
  const auto present = extended_attributes(name);
  for (const auto& existing : present) {
    const std::string& attribute = existing.first;
    const bool wanted = std::any_of(attributes.begin(), attributes.end(),
                                    [&](const auto& item) { return item.first == attribute; });
    if (!wanted && is_restorable_attribute(attribute) &&
        ::lremovexattr(path.c_str(), attribute.c_str()) != 0 && errno != ENODATA)
      throw_errno(fmt::format("remove the extended attribute {} of", printable(attribute)),
                  path_of(name), errno);
  }
  for (const auto& item : attributes) {
    if (std::find(present.begin(), present.end(), item) != present.end()) continue;
    const auto& [attribute, value] = item;
    if (::lsetxattr(path.c_str(), attribute.c_str(), value.data(), value.size(), 0) != 0)
      throw_errno(fmt::format("set the extended attribute {} of", printable(attribute)),
                  path_of(name), errno);
  }
}

std::vector<ExtendedAttribute> extended_attributes_of(int descriptor, const std::string& name) {
  return read_all(
      name, [&](char* place, std::size_t room) { return ::flistxattr(descriptor, place, room); },
      [&](const char* attribute, void* place, std::size_t room) {
        return ::fgetxattr(descriptor, attribute, place, room);
      });
}

}  // namespace pra
