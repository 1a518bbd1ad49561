#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace pra {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// An open regular file. Errors name `name`, which is what the caller calls it. Reads and writes
/// are positioned and safe for concurrent use.
class File {
 public:
  /// Opens by path to read; the path may pass through symbolic links, and a fifo there does not
  /// hang us.
  [[nodiscard]] static File open(const std::string& path);

  File(FileDescriptor descriptor, std::string name)
      : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Fills `out` from `offset`; fewer bytes only at the end of the file.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableByteView out) const;
  void write_at(std::uint64_t offset, ByteView content) const;
  void truncate(std::uint64_t size) const;
  /// Reserves room so that later writes cannot fail for lack of it (fallocate), without a change of
  /// the file's size; silently does nothing where the file system cannot.
  void reserve(std::uint64_t size) const;
  /// Makes the range a hole (fallocate PUNCH_HOLE; zeros are written where that is unsupported).
  void punch_hole(std::uint64_t offset, std::uint64_t length) const;
  /// The next range that holds data at or after `offset` (SEEK_DATA / SEEK_HOLE), or nothing up to
  /// the end. Where the file system cannot tell, everything is data.
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  [[nodiscard]] std::optional<Range> next_data(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] struct stat status() const;
  void sync() const;
  /// Lets the system forget what it holds of the file in memory, so that it is read from the disk
  /// again; only what was synced can be forgotten.
  void forget_cached() const;

 private:
  FileDescriptor descriptor_;
  std::string name_;
};

/// What readdir tells of an entry.
struct DirectoryEntry {
  std::string name;  ///< Bytes; never "." or "..".
  std::uint64_t inode = 0;
  unsigned char type = 0;  ///< DT_REG, DT_DIR, … or DT_UNKNOWN.
};

using ExtendedAttribute = std::pair<std::string, Buffer>;

/// An open directory: every access is relative to its descriptor and never follows a symbolic link
/// in the name, so that renaming or replacing a path under us leads nowhere else. `name` arguments
/// are single components; one with '/' or "..", or an empty one, is Error(kCorrupt). Safe for
/// concurrent use but for `entries`.
class Directory {
 public:
  /// Opens by path; the path itself may pass through symbolic links.
  [[nodiscard]] static Directory open(const std::string& path);

  Directory(FileDescriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// `path() + "/" + name`, for messages.
  [[nodiscard]] std::string path_of(std::string_view name) const;

  [[nodiscard]] std::vector<DirectoryEntry> entries() const;
  /// lstat of an entry; nothing when it does not exist.
  [[nodiscard]] std::optional<struct stat> status(const std::string& name) const;
  [[nodiscard]] struct stat own_status() const;
  [[nodiscard]] Directory open_directory(const std::string& name) const;
  /// Read-only, O_NOFOLLOW, O_NONBLOCK (a fifo put in its place does not hang us), O_NOATIME where
  /// allowed.
  [[nodiscard]] File open_file(const std::string& name) const;
  /// Read-write without truncation; creates with 0600 when absent.
  [[nodiscard]] File open_for_writing(const std::string& name) const;
  /// Fails with kAlreadyExists when there is something of that name.
  [[nodiscard]] File create_file(const std::string& name, mode_t mode) const;
  void create_directory(const std::string& name, mode_t mode) const;
  void create_symlink(const std::string& name, const std::string& target) const;
  void create_node(const std::string& name, mode_t type_and_mode, dev_t device) const;
  /// A hard link in this directory to `existing` of `from`.
  void create_link(const std::string& name, const Directory& from,
                   const std::string& existing) const;
  void rename(const std::string& from, const std::string& to) const;
  [[nodiscard]] std::string read_link(const std::string& name) const;
  void remove(const std::string& name, bool is_directory) const;

  /// In the order of the system's listing; empty where the file system has no such thing.
  [[nodiscard]] std::vector<ExtendedAttribute> extended_attributes(const std::string& name) const;
  /// Makes them equal to `attributes`: others are removed, but for those that the system itself
  /// keeps (security labels; not capabilities and ACLs).
  void set_extended_attributes(const std::string& name,
                               const std::vector<ExtendedAttribute>& attributes) const;
  void set_owner(const std::string& name, uid_t uid, gid_t gid) const;
  void set_mode(const std::string& name, mode_t mode) const;
  void set_times(const std::string& name, const Timestamp& accessed,
                 const Timestamp& modified) const;
  void sync() const;
  /// Flushes the whole file system that holds this directory (syncfs).
  void sync_file_system() const;

 private:
  FileDescriptor descriptor_;
  std::string path_;
};

/// Extended attributes of an open file or directory (no path involved).
[[nodiscard]] std::vector<ExtendedAttribute> extended_attributes_of(int descriptor,
                                                                    const std::string& name);

/// st_mtim and the like as a Timestamp.
[[nodiscard]] inline Timestamp to_timestamp(const struct timespec& time) {
  return {time.tv_sec, static_cast<std::int32_t>(time.tv_nsec)};
}

}  // namespace pra
