#include "backup/page_pipeline.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace pra::backup {

namespace {

constexpr std::size_t kBatchSize = std::size_t{1} << 20;
/// Batches per worker: one at work, one waiting, and slack for the sender's bursts.
constexpr unsigned kBatchesAWorker = 4;

}  // namespace

PagePipeline::PagePipeline(repo::BlobWriter& writer, unsigned workers, std::size_t largest_piece,
                           Progress& progress)
    : writer_(writer),
      progress_(progress),
      batch_size_(std::max(kBatchSize, largest_piece)),
      free_(std::size_t{workers} * kBatchesAWorker),
      filled_(std::size_t{workers} * kBatchesAWorker),
      workers_([this] {
        free_.abort();
        filled_.abort();
      }) {
  for (unsigned i = 0; i < workers * kBatchesAWorker; ++i) {
    auto batch = std::make_unique<Batch>();
    batch->bytes.resize(batch_size_);
    (void)free_.push(std::move(batch));
  }
  for (unsigned i = 0; i < workers; ++i)
    workers_.start([this] { work(); });
}

PagePipeline::~PagePipeline() {
  free_.abort();
  filled_.abort();
}

void PagePipeline::begin_file(std::uint64_t size, std::size_t piece_size,
                              std::vector<BlobId>& ids) {
  ids.assign(static_cast<std::size_t>((size + piece_size - 1) / piece_size), BlobId());
  next_id_ = ids.data();
  file_left_ = size;
  piece_size_ = piece_size;
  piece_left_ = 0;
}

void PagePipeline::start_piece() {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece_size_, file_left_));
  if (length == 0) throw Error(ErrorCode::kFailed, "more bytes than the file has");
  if (batch_ && batch_->used + length > batch_size_) submit();
  if (!batch_) {
    auto taken = free_.pop();
    if (!taken) workers_.join();  // Closed because a worker failed: its error is thrown here.
    if (!taken) throw Error(ErrorCode::kCancelled, "the backup was ended");
    batch_ = *std::move(taken);
  }
  batch_->pieces.push_back({batch_->used, length, next_id_++});
  piece_left_ = length;
  file_left_ -= length;
}

void PagePipeline::append(ByteView bytes) {
  while (!bytes.empty()) {
    if (piece_left_ == 0) start_piece();
    const std::size_t taken = std::min(piece_left_, bytes.size());
    std::memcpy(batch_->bytes.data() + batch_->used, bytes.data(), taken);
    batch_->used += taken;
    piece_left_ -= taken;
    bytes = bytes.subspan(taken);
  }
}

void PagePipeline::submit() {
  if (!filled_.push(std::move(batch_))) workers_.join();
  batch_.reset();
}

void PagePipeline::work() {
  auto worker = writer_.make_worker();
  while (auto taken = filled_.pop()) {
    Batch& batch = **taken;
    for (const Piece& piece : batch.pieces)
      *piece.id = worker.save(repo::BlobType::kData,
                              ByteView(batch.bytes).subspan(piece.offset, piece.length));
    progress_.add(0, batch.used);
    batch.used = 0;
    batch.pieces.clear();
    if (!free_.push(*std::move(taken))) return;
  }
}

void PagePipeline::finish() {
  if (batch_) submit();
  filled_.close();
  workers_.join();
}

}  // namespace pra::backup
