#include "backup/content_source.hpp"

#include <algorithm>

#include "backup/unreadable.hpp"
#include "base/error.hpp"

namespace pra::backup {

FileSource::FileSource(const File& file, const struct stat& status)
    : file_(file),
      size_(static_cast<std::uint64_t>(status.st_size)),
      has_holes_(static_cast<std::uint64_t>(status.st_blocks) * 512 < size_) {}

std::size_t FileSource::read(std::uint64_t offset, MutableByteView out) {
  if (offset >= size_) return 0;
  const auto room = out.first(std::min<std::uint64_t>(out.size(), size_ - offset));
  return reading([&] { return file_.read_at(offset, room); });
}

std::uint64_t FileSource::zeros_at(std::uint64_t offset) {
  if (!has_holes_ || offset >= size_) return 0;
  return reading([&] {
    const auto data = file_.next_data(offset, size_);
    if (data) return std::min(data->offset, size_) - offset;
    // A hole up to the end, unless the file was cut off meanwhile.
    const auto size = static_cast<std::uint64_t>(file_.status().st_size);
    return std::min(std::max(size, offset), size_) - offset;
  });
}

std::size_t StreamSource::read(std::uint64_t /*offset*/, MutableByteView out) {
  std::size_t filled = 0;
  while (!ended_ && filled < out.size()) {
    const auto room = out.subspan(filled);
    const auto count = read_(room);
    if (count > room.size())
      throw Error(ErrorCode::kInvalidArgument,
                  "the stream to back up delivered more bytes than there was room for");
    ended_ = count == 0;
    filled += count;
  }
  return filled;
}

}  // namespace pra::backup
