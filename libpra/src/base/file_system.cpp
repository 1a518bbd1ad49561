#include "base/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/directory.hpp"
#include "base/error.hpp"

namespace pra {

namespace {

constexpr std::string_view kTemporaryPrefix = ".pra~";

FileDescriptor open_path(const std::string& path, int flags, mode_t mode = 0) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) throw_errno((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  return FileDescriptor(descriptor);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Removes a file unless told to keep it: no failure leaves something half done behind.
class RemoveOnFailure {
 public:
  RemoveOnFailure(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  RemoveOnFailure(const RemoveOnFailure&) = delete;
  RemoveOnFailure& operator=(const RemoveOnFailure&) = delete;
  ~RemoveOnFailure() {
    if (!armed_) return;
    try {
      files_.remove(path_);
    } catch (const Error&) {  // The failure that brought us here is the one to report.
    }
  }
  void disarm() { armed_ = false; }

 private:
  FileSystem& files_;
  std::string path_;
  bool armed_ = true;
};

class PosixFileSystem final : public FileSystem {
 public:
  std::optional<Info> stat(const std::string& path) override {
    struct ::stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      throw_errno("look at", path, errno);
    }
    Info info;
    info.size = static_cast<std::uint64_t>(status.st_size);
    info.modified = to_timestamp(status.st_mtim);
    info.mode = status.st_mode;
    info.uid = status.st_uid;
    info.is_directory = S_ISDIR(status.st_mode);
    return info;
  }

  Buffer read(const std::string& path, std::uint64_t limit) override {
    const auto file = open_path(path, O_RDONLY);
    struct ::stat status {};
    if (::fstat(file.get(), &status) != 0) throw_errno("look at", path, errno);
    // The size is only a hint: pipes and /proc say 0.
    const auto hint = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
    Buffer out(static_cast<std::size_t>(std::min(hint, limit)) + 1);
    std::size_t filled = 0;
    for (;;) {
      const ssize_t count = ::read(file.get(), out.data() + filled, out.size() - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("read", path, errno);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
      if (filled > limit)
        throw Error(ErrorCode::kFailed,
                    fmt::format("read {}: larger than {} bytes", printable(path), limit));
      if (filled == out.size()) out.resize(out.size() + std::max<std::size_t>(out.size(), 4096));
    }
    out.resize(filled);
    return out;
  }

  void read_range(const std::string& path, std::uint64_t offset, MutableByteView out) override {
    // O_NONBLOCK: a fifo in its place is an error, not an endless wait.
    const File file(open_path(path, O_RDONLY | O_NONBLOCK), path);
    const std::size_t count = file.read_at(offset, out);
    if (count != out.size())
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("read {}: it ends at byte {} where {} bytes from {} were wanted",
                              printable(path), offset + count, out.size(), offset));
  }

  void write_new(const std::string& path, ByteView content, std::uint32_t mode) override {
    const File file(open_path(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600), path);
    RemoveOnFailure cleanup(*this, path);
    file.write_at(0, content);
    if (::fchmod(file.descriptor(), mode) != 0) throw_errno("set the mode of", path, errno);
    file.sync();
    cleanup.disarm();
  }

  void rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) throw_errno("rename to", to, errno);
  }

  void rename_new(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    // NFS and the like have no such rename, but hard links, which never replace either.
    if (errno == EINVAL || errno == ENOSYS) {
      if (::link(from.c_str(), to.c_str()) == 0) {
        remove(from);
        return;
      }
    }
    throw_errno("create", to, errno);
  }

  void remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) throw_errno("remove", path, errno);
  }

  void create_directories(const std::string& path, std::uint32_t mode) override {
    if (::mkdir(path.c_str(), mode) == 0) return;
    const int problem = errno;
    if (problem == EEXIST) {
      const auto info = stat(path);
      if (info && info->is_directory) return;
      throw_errno("create directory", path, ENOTDIR);
    }
    const auto parent = parent_of(path);
    if (problem != ENOENT || parent == path || path.empty())
      throw_errno("create directory", path, problem);
    create_directories(parent, mode);
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
      throw_errno("create directory", path, errno);
  }

  void sync_directory(const std::string& path) override {
    const auto directory = open_path(path, O_RDONLY | O_DIRECTORY);
    if (::fsync(directory.get()) != 0) throw_errno("sync directory", path, errno);
  }

  void list(const std::string& path,
            const std::function<void(std::string_view, bool)>& visit) override {
    for (const auto& entry : Directory::open(path).entries()) {
      bool is_directory = entry.type == DT_DIR;
      if (entry.type == DT_UNKNOWN || entry.type == DT_LNK) {
        const auto info = stat(path + '/' + entry.name);
        is_directory = info && info->is_directory;
      }
      visit(entry.name, is_directory);
    }
  }
};

/// A name that nobody else has, beside `path` so that a rename stays within one file system.
std::string temporary_name(const std::string& path) {
  std::array<std::uint8_t, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw_errno("name a temporary file for", path, errno);
  const auto slash = path.find_last_of('/');
  const auto directory = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
  return fmt::format("{}{}{}-{}", directory, kTemporaryPrefix, ::getpid(), to_hex(random));
}

void write_durably(FileSystem& files, const std::string& path, ByteView content, std::uint32_t mode,
                   void (FileSystem::*move)(const std::string&, const std::string&)) {
  const auto temporary = temporary_name(path);
  files.write_new(temporary, content, mode);
  RemoveOnFailure cleanup(files, temporary);
  (files.*move)(temporary, path);
  cleanup.disarm();
  files.sync_directory(parent_of(path));
}

}  // namespace

std::shared_ptr<FileSystem> posix_file_system() {
  return std::make_shared<PosixFileSystem>();
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(kTemporaryPrefix);
}

void create_durably(FileSystem& files, const std::string& path, ByteView content,
                    std::uint32_t mode) {
  write_durably(files, path, content, mode, &FileSystem::rename_new);
}

void replace_durably(FileSystem& files, const std::string& path, ByteView content,
                     std::uint32_t mode) {
  write_durably(files, path, content, mode, &FileSystem::rename);
}

}  // namespace pra
