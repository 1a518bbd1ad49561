#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace pra {

/// The seam through which the library itself keeps files: repositories on local disks, caches, key
/// files, configuration, journals. (What users' trees need — handles relative to a directory,
/// metadata, holes — is `base/directory.hpp`.) Small on purpose, so that a test double that fails
/// the Nth call, or forgets what was not synced, overrides few methods.
///
/// Paths are the system's: bytes, no encoding. Every method throws pra::Error with the path in the
/// message. Safe for concurrent use.
class FileSystem {
 public:
  struct Info {
    std::uint64_t size = 0;
    Timestamp modified;
    std::uint32_t mode = 0;  ///< st_mode, permission bits and type.
    std::uint32_t uid = 0;
    bool is_directory = false;
  };

  virtual ~FileSystem() = default;

  /// Nothing when there is no such file; follows symbolic links.
  [[nodiscard]] virtual std::optional<Info> stat(const std::string& path) = 0;
  /// The whole file. Error(kNotFound) when it is absent; Error(kFailed) when larger than `limit`.
  [[nodiscard]] virtual Buffer read(const std::string& path, std::uint64_t limit) = 0;
  /// Exactly `length` bytes at `offset` into `out`; Error(kCorrupt) when the file is shorter.
  virtual void read_range(const std::string& path, std::uint64_t offset, MutableByteView out) = 0;
  /// Creates the file, which must not exist (O_EXCL), with `mode` (whatever the umask), and writes
  /// and syncs it. A failure leaves no file.
  virtual void write_new(const std::string& path, ByteView content, std::uint32_t mode) = 0;
  /// Atomic rename over `to`.
  virtual void rename(const std::string& from, const std::string& to) = 0;
  /// Atomic rename that never replaces: Error(kAlreadyExists) when there is a `to`.
  virtual void rename_new(const std::string& from, const std::string& to) = 0;
  virtual void remove(const std::string& path) = 0;
  /// Parents included; an existing directory is no error.
  virtual void create_directories(const std::string& path, std::uint32_t mode) = 0;
  /// Makes names created, renamed or removed in the directory durable.
  virtual void sync_directory(const std::string& path) = 0;
  /// The names in a directory, without "." and "..", in no order; type from the listing.
  virtual void list(const std::string& path,
                    const std::function<void(std::string_view name, bool is_directory)>& visit) = 0;
};

/// The system's. Stateless; share it.
[[nodiscard]] std::shared_ptr<FileSystem> posix_file_system();

/// True for the names that `create_durably` and `replace_durably` give to files on their way: they
/// are no valid object names, and only a crash leaves them behind.
[[nodiscard]] bool is_temporary_name(std::string_view name);

/// write_new to a temporary name in the same directory, then rename_new to `path` (never
/// overwriting), then sync the directory: after success the file is there whole, whatever happens;
/// before, it is not there at all. `mode` as for chmod. A failure removes the temporary file.
void create_durably(FileSystem& files, const std::string& path, ByteView content,
                    std::uint32_t mode);
/// The same, replacing what is there (rename).
void replace_durably(FileSystem& files, const std::string& path, ByteView content,
                     std::uint32_t mode);

}  // namespace pra
