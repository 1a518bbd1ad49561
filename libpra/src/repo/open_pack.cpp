#include "repo/open_pack.hpp"

#include <algorithm>
#include <utility>

namespace pra::repo {

OpenPack::OpenPack(PackPipeline& pipeline, std::size_t pack_size)
    : pipeline_(pipeline), pack_size_(pack_size) {}

OpenPack::Claim OpenPack::take(const BlobHandle& blob, std::size_t sealed_size,
                               std::uint32_t uncompressed_length) {
  {
    const std::scoped_lock lock(mutex_);
    if (current_ && current_->builder.fits(sealed_size))
      return claim_from(current_, blob, sealed_size, uncompressed_length);
  }
  // Room for a new pack is waited for without the lock, which others need to give back their
  // claims. An eighth more than the target, so that most packs reach it.
  const std::size_t capacity =
      std::max(pack_size_ + pack_size_ / 8, PackBuilder::capacity_for(sealed_size));
  Buffer buffer = pipeline_.take_buffer(capacity);
  PackPointer replaced;
  Claim claim;
  {
    const std::scoped_lock lock(mutex_);
    if (!current_ || !current_->builder.fits(sealed_size)) {
      replaced = std::exchange(current_, std::make_shared<Pack>(std::exchange(buffer, {})));
      if (replaced) {
        replaced->full = true;
        if (replaced->claims > 0) replaced.reset();
      }
    }
    claim = claim_from(current_, blob, sealed_size, uncompressed_length);
  }
  if (buffer.capacity() > 0) pipeline_.return_buffer(std::move(buffer));
  if (replaced) pipeline_.submit(std::move(replaced->builder));
  return claim;
}

OpenPack::Claim OpenPack::claim_from(PackPointer pack, const BlobHandle& blob,
                                     std::size_t sealed_size, std::uint32_t uncompressed_length) {
  Claim claim;
  claim.room = pack->builder.claim(blob, sealed_size, uncompressed_length);
  ++pack->claims;
  if (pack->builder.size() >= pack_size_) {
    pack->full = true;
    current_.reset();
  }
  claim.pack = std::move(pack);
  return claim;
}

void OpenPack::give_back(const PackPointer& pack) {
  {
    const std::scoped_lock lock(mutex_);
    if (--pack->claims > 0 || !pack->full) return;
  }
  pipeline_.submit(std::move(pack->builder));
}

void OpenPack::flush() {
  PackPointer pack;
  {
    const std::scoped_lock lock(mutex_);
    pack = std::move(current_);
  }
  if (pack && !pack->builder.empty()) pipeline_.submit(std::move(pack->builder));
}

}  // namespace pra::repo
