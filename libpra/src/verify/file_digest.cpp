#include "verify/file_digest.hpp"

#include <utility>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::verify {
namespace {

// Large enough for few calls, small enough to stay in the second-level cache while it is hashed.
constexpr std::size_t kBufferSize = 256 * 1024;

}  // namespace

FileDigester::FileDigester(const crypto::DigestAlgorithm& algorithm, Progress& progress,
                           std::stop_token stop)
    : hasher_(algorithm), progress_(progress), stop_(std::move(stop)), buffer_(kBufferSize) {}

std::string FileDigester::digest(const File& file) {
  if (!S_ISREG(file.status().st_mode))
    throw Error(ErrorCode::kFailed, printable(file.name()) + " is not a regular file");
  hasher_.restart();
  for (std::uint64_t offset = 0;;) {
    throw_if_stopped(stop_);
    const std::size_t count = file.read_at(offset, buffer_);
    hasher_.update(ByteView(buffer_).first(count));
    progress_.add(0, count);
    bytes_ += count;
    offset += count;
    if (count < buffer_.size()) break;
  }
  progress_.add(1, 0);
  return hasher_.finish_hex();
}

}  // namespace pra::verify
