#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/directory.hpp"
#include "base/error.hpp"

namespace pra {

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t File::read_at(std::uint64_t offset, MutableByteView out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t count = ::pread(descriptor(), out.data() + filled, out.size() - filled,
                                  static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("read", name_, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

void File::write_at(std::uint64_t offset, ByteView content) const {
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = ::pwrite(descriptor(), content.data() + written, content.size() - written,
                                   static_cast<off_t>(offset + written));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("write", name_, errno);
    written += static_cast<std::size_t>(count);
  }
}

void File::truncate(std::uint64_t size) const {
  if (::ftruncate(descriptor(), static_cast<off_t>(size)) != 0)
    throw_errno("set the size of", name_, errno);
}

void File::reserve(std::uint64_t size) const {
  if (size == 0) return;
  int result = 0;
  do {
    result = ::fallocate(descriptor(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS)
    throw_errno("reserve room for", name_, errno);
}

void File::punch_hole(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return;
  int result = 0;
  do {
    result = ::fallocate(descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         static_cast<off_t>(offset), static_cast<off_t>(length));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) throw_errno("make a hole in", name_, errno);
  // As with a hole, the file does not grow.
  const auto size = static_cast<std::uint64_t>(status().st_size);
  const Buffer zeros(64 << 10, 0);
  for (const std::uint64_t end = std::min(size, offset + length); offset < end;) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), end - offset));
    write_at(offset, ByteView(zeros).first(count));
    offset += count;
  }
}

std::optional<File::Range> File::next_data(std::uint64_t offset, std::uint64_t size) const {
  if (offset >= size) return std::nullopt;
  const off_t data = ::lseek(descriptor(), static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) {
    if (errno == ENXIO) return std::nullopt;
    if (errno == EINVAL || errno == EOPNOTSUPP || errno == ESPIPE)
      return Range{offset, size - offset};
    throw_errno("find the holes of", name_, errno);
  }
  const auto start = static_cast<std::uint64_t>(data);
  if (start >= size) return std::nullopt;
  const off_t hole = ::lseek(descriptor(), data, SEEK_HOLE);
  // A file that is cut meanwhile ends the search; reading it will tell.
  const std::uint64_t end = hole < 0 ? size : std::min(size, static_cast<std::uint64_t>(hole));
  return Range{start, end - start};
}

struct stat File::status() const {
  struct stat out {};
  if (::fstat(descriptor(), &out) != 0) throw_errno("look at", name_, errno);
  return out;
}

void File::forget_cached() const {
  // Advice: where it is not taken, reading is only less of a proof.
  static_cast<void>(::posix_fadvise(descriptor(), 0, 0, POSIX_FADV_DONTNEED));
}

void File::sync() const {
  if (::fsync(descriptor()) != 0) throw_errno("sync", name_, errno);
}

}  // namespace pra
