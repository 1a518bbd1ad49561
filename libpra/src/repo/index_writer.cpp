#include "repo/index_writer.hpp"

#include <utility>

#include "repo/repository.hpp"

namespace pra::repo {

namespace {

constexpr std::size_t kBlobs = 50'000;
constexpr Duration kAge = std::chrono::minutes(10);

}  // namespace

IndexWriter::IndexWriter(Repository& repository)
    : repository_(repository), started_(repository.clock().now()) {}

void IndexWriter::add(const IndexedPack& pack) {
  {
    const std::scoped_lock lock(mutex_);
    if (packs_.empty()) started_ = repository_.clock().now();
    packs_.push_back(pack);
    blobs_ += pack.blobs.size();
  }
  // Last: who finds a blob there must find its pack above when it flushes.
  repository_.index().add(pack);
}

bool IndexWriter::is_due() const {
  const std::scoped_lock lock(mutex_);
  return blobs_ >= kBlobs || (!packs_.empty() && repository_.clock().now().since(started_) >= kAge);
}

std::vector<IndexedPack> IndexWriter::take() {
  const std::scoped_lock lock(mutex_);
  blobs_ = 0;
  return std::exchange(packs_, {});
}

bool IndexWriter::discard() {
  return !take().empty();
}

void IndexWriter::flush_if_due(const std::stop_token& stop) {
  if (!is_due()) return;
  // Somebody is writing: what is due now is written by the next who asks.
  const std::unique_lock writing(writing_, std::try_to_lock);
  if (writing) write(stop);
}

void IndexWriter::flush(const std::stop_token& stop) {
  const std::scoped_lock writing(writing_);
  write(stop);
}

void IndexWriter::write(const std::stop_token& stop) {
  std::vector<IndexedPack> packs = take();
  if (packs.empty()) return;
  try {
    repository_.write_file(FileKind::kIndex, encode_index(packs), stop);
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    for (auto& pack : packs) {
      blobs_ += pack.blobs.size();
      packs_.push_back(std::move(pack));
    }
    throw;
  }
}

}  // namespace pra::repo
