#include "base/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "base/error.hpp"

namespace pra {

namespace {

/// One component that was checked and O_NOFOLLOW confine an access to the directory as openat2's
/// RESOLVE_BENEATH would, on every kernel and at the cost of nothing.
const char* component(const std::string& name, const std::string& directory) {
  const bool bad = name.empty() || name == "." || name == ".." ||
                   name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
  if (bad)
    throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is not a name that an entry of {} can have",
                                                 printable(name), printable(directory)));
  return name.c_str();
}

int open_retrying(int directory, const char* name, int flags, mode_t mode) {
  int descriptor = -1;
  do {
    descriptor = ::openat(directory, name, flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/// Reading leaves no trace where we own the file (or may pretend to).
int open_quietly(int directory, const char* name, int flags) {
  const int descriptor = open_retrying(directory, name, flags | O_NOATIME, 0);
  if (descriptor >= 0 || errno != EPERM) return descriptor;
  return open_retrying(directory, name, flags, 0);
}

[[noreturn]] void throw_open(std::string_view action, const std::string& path, int problem) {
  if (problem == ELOOP)
    throw Error(ErrorCode::kFailed,
                fmt::format("{} {}: it is a symbolic link, which is not followed", action,
                            printable(path)));
  throw_errno(action, path, problem);
}

struct timespec to_timespec(const Timestamp& time, const std::string& path) {
  // Other values have a meaning to the system (UTIME_NOW), and these come from a repository.
  if (time.nanoseconds < 0 || time.nanoseconds > 999'999'999)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("set the times of {}: {} is not a number of nanoseconds",
                            printable(path), time.nanoseconds));
  return {time.seconds, time.nanoseconds};
}

int change_mode(int directory, const char* name, mode_t mode) {
  // fchmodat2, which the headers of glibc 2.36 do not name; where the kernel does not have it
  // either, glibc goes through /proc.
  constexpr long kFchmodat2 = 452;
  if (::syscall(kFchmodat2, directory, name, mode, AT_SYMLINK_NOFOLLOW) == 0) return 0;
  if (errno != ENOSYS && errno != EPERM) return -1;
  return ::fchmodat(directory, name, mode, AT_SYMLINK_NOFOLLOW);
}

}  // namespace

File File::open(const std::string& path) {
  const int descriptor = open_quietly(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK);
  if (descriptor < 0) throw_errno("open", path, errno);
  return {FileDescriptor(descriptor), path};
}

Directory Directory::open(const std::string& path) {
  const int descriptor = open_quietly(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) throw_errno("open directory", path, errno);
  return {FileDescriptor(descriptor), path};
}

std::string Directory::path_of(std::string_view name) const {
  std::string out;
  out.reserve(path_.size() + 1 + name.size());
  out = path_;
  if (!out.ends_with('/')) out += '/';
  return out += name;
}

std::vector<DirectoryEntry> Directory::entries() const {
  if (::lseek(descriptor(), 0, SEEK_SET) < 0) throw_errno("list", path_, errno);
  constexpr std::size_t kRoom = 32 << 10;
  const auto room = std::make_unique_for_overwrite<std::uint64_t[]>(kRoom / sizeof(std::uint64_t));
  auto* const bytes = reinterpret_cast<const char*>(room.get());
  std::vector<DirectoryEntry> out;
  for (;;) {
    const ssize_t count = ::getdents64(descriptor(), room.get(), kRoom);
    if (count < 0) throw_errno("list", path_, errno);
    if (count == 0) return out;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(bytes + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      out.push_back({std::string(name), entry->d_ino, entry->d_type});
    }
  }
}

std::optional<struct stat> Directory::status(const std::string& name) const {
  struct stat out {};
  if (::fstatat(descriptor(), component(name, path_), &out, AT_SYMLINK_NOFOLLOW) == 0) return out;
  if (errno == ENOENT) return std::nullopt;
  throw_errno("look at", path_of(name), errno);
}

struct stat Directory::own_status() const {
  struct stat out {};
  if (::fstat(descriptor(), &out) != 0) throw_errno("look at", path_, errno);
  return out;
}

Directory Directory::open_directory(const std::string& name) const {
  const int opened =
      open_quietly(descriptor(), component(name, path_), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (opened < 0) throw_open("open directory", path_of(name), errno);
  return {FileDescriptor(opened), path_of(name)};
}

File Directory::open_file(const std::string& name) const {
  const int opened =
      open_quietly(descriptor(), component(name, path_), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (opened < 0) throw_open("open", path_of(name), errno);
  return {FileDescriptor(opened), path_of(name)};
}

File Directory::open_for_writing(const std::string& name) const {
  const int opened = open_retrying(descriptor(), component(name, path_),
                                   O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  if (opened < 0) throw_open("open for writing", path_of(name), errno);
  File file(FileDescriptor(opened), path_of(name));
  if (!S_ISREG(file.status().st_mode))
    throw Error(ErrorCode::kFailed, fmt::format("open for writing {}: it is not a regular file",
                                                printable(file.name())));
  return file;
}

File Directory::create_file(const std::string& name, mode_t mode) const {
  const int opened = open_retrying(descriptor(), component(name, path_),
                                   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (opened < 0) throw_errno("create", path_of(name), errno);
  return {FileDescriptor(opened), path_of(name)};
}

void Directory::create_directory(const std::string& name, mode_t mode) const {
  if (::mkdirat(descriptor(), component(name, path_), mode) != 0)
    throw_errno("create directory", path_of(name), errno);
}

void Directory::create_symlink(const std::string& name, const std::string& target) const {
  if (target.find('\0') != std::string::npos)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("create symbolic link {}: its target holds a zero byte",
                            printable(path_of(name))));
  if (::symlinkat(target.c_str(), descriptor(), component(name, path_)) != 0)
    throw_errno("create symbolic link", path_of(name), errno);
}

void Directory::create_node(const std::string& name, mode_t type_and_mode, dev_t device) const {
  if (::mknodat(descriptor(), component(name, path_), type_and_mode, device) != 0)
    throw_errno("create special file", path_of(name), errno);
}

void Directory::create_link(const std::string& name, const Directory& from,
                            const std::string& existing) const {
  if (::linkat(from.descriptor(), component(existing, from.path_), descriptor(),
               component(name, path_), 0) != 0)
    throw_errno("create hard link", path_of(name), errno);
}

void Directory::rename(const std::string& from, const std::string& to) const {
  if (::renameat(descriptor(), component(from, path_), descriptor(), component(to, path_)) != 0)
    throw_errno("rename to", path_of(to), errno);
}

std::string Directory::read_link(const std::string& name) const {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t length =
        ::readlinkat(descriptor(), component(name, path_), target.data(), target.size());
    if (length < 0) throw_errno("read symbolic link", path_of(name), errno);
    if (static_cast<std::size_t>(length) < target.size()) {
      target.resize(static_cast<std::size_t>(length));
      return target;
    }
    target.resize(target.size() * 4);
  }
}

void Directory::remove(const std::string& name, bool is_directory) const {
  if (::unlinkat(descriptor(), component(name, path_), is_directory ? AT_REMOVEDIR : 0) != 0)
    throw_errno("remove", path_of(name), errno);
}

void Directory::set_owner(const std::string& name, uid_t uid, gid_t gid) const {
  if (::fchownat(descriptor(), component(name, path_), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("set the owner of", path_of(name), errno);
}

void Directory::set_mode(const std::string& name, mode_t mode) const {
  if (change_mode(descriptor(), component(name, path_), mode & 07777) != 0)
    throw_errno("set the mode of", path_of(name), errno);
}

void Directory::set_times(const std::string& name, const Timestamp& accessed,
                          const Timestamp& modified) const {
  const struct timespec times[2] = {to_timespec(accessed, path_of(name)),
                                    to_timespec(modified, path_of(name))};
  if (::utimensat(descriptor(), component(name, path_), times, AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("set the times of", path_of(name), errno);
}

void Directory::sync() const {
  if (::fsync(descriptor()) != 0) throw_errno("sync directory", path_, errno);
}

void Directory::sync_file_system() const {
  if (::syncfs(descriptor()) != 0) throw_errno("sync the file system of", path_, errno);
}

}  // namespace pra
