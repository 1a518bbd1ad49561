#include "base/descriptor_metadata.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/error.hpp"

namespace pra {

void set_owner_of(int descriptor, const std::string& name, uid_t uid, gid_t gid) {
  if (::fchown(descriptor, uid, gid) != 0) throw_errno("set the owner of", name, errno);
}

void set_mode_of(int descriptor, const std::string& name, mode_t mode) {
  if (::fchmod(descriptor, mode) != 0) throw_errno("set the mode of", name, errno);
}

void set_times_of(int descriptor, const std::string& name, const Timestamp& accessed,
                  const Timestamp& modified) {
  // Other numbers have a meaning to the system (UTIME_NOW), and these come from a repository.
  for (const auto& time : {accessed, modified})
    if (time.nanoseconds < 0 || time.nanoseconds > 999'999'999)
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("set the times of {}: {} is not a number of nanoseconds",
                              printable(name), time.nanoseconds));
  const std::array<timespec, 2> times{timespec{accessed.seconds, accessed.nanoseconds},
                                      timespec{modified.seconds, modified.nanoseconds}};
  if (::futimens(descriptor, times.data()) != 0) throw_errno("set the times of", name, errno);
}

bool is_restorable_attribute(const std::string& attribute) {
  if (attribute.starts_with("security.")) return attribute == "security.capability";
  if (attribute.starts_with("system.")) return attribute.starts_with("system.posix_acl_");
  return true;
}

bool set_extended_attributes_of(int descriptor, const std::string& name,
                                const std::vector<ExtendedAttribute>& wanted) {
  // Most files have none; one listing without room tells.
  if (wanted.empty() && ::flistxattr(descriptor, nullptr, 0) <= 0) return false;
  const auto present = extended_attributes_of(descriptor, name);
  std::optional<Error> failure;
  bool changed = false;
  const auto attempt = [&](auto&& call, const char* action, const std::string& attribute) {
    if (call() == 0) {
      changed = true;
      return;
    }
    try {
      throw_errno(action, attribute + " of " + name, errno);
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
  };
  const auto find = [](const std::vector<ExtendedAttribute>& list, const std::string& attribute) {
    return std::find_if(list.begin(), list.end(),
                        [&](const auto& entry) { return entry.first == attribute; });
  };
  for (const auto& item : present) {
    const std::string& attribute = item.first;
    if (!is_restorable_attribute(attribute) || find(wanted, attribute) != wanted.end()) continue;
    attempt([&] { return ::fremovexattr(descriptor, attribute.c_str()); },
            "remove extended attribute", attribute);
  }
  for (const auto& item : wanted) {
    const std::string& attribute = item.first;
    const Buffer& value = item.second;
    const auto existing = find(present, attribute);
    if (existing != present.end() && existing->second == value) continue;
    attempt(
        [&] { return ::fsetxattr(descriptor, attribute.c_str(), value.data(), value.size(), 0); },
        "set extended attribute", attribute);
  }
  if (failure) throw *failure;
  return changed;
}

}  // namespace pra
