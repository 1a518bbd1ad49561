#include "backup/content_saver.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "backup/unreadable.hpp"
#include "base/cancel.hpp"

namespace pra::backup {
namespace {

/// New bytes a block takes; before them there is room for a chunk that the last block left open.
constexpr std::size_t kBlock = 16 << 20;
constexpr std::size_t kPart = 2 << 20;
constexpr std::size_t kDense = 4096;  ///< So many candidates in a part mean constant data.
/// With so few threads one that cuts keeps all the others busy, and it can skip the first 512 KiB
/// of every chunk.
constexpr unsigned kSerialCutting = 6;

}  // namespace

/// A piece of a large file that begins where a chunk begins.
struct ContentSaver::Block {
  Block() { bytes.resize(chunk::kMaximumChunk + kBlock); }

  [[nodiscard]] ByteView content() const { return ByteView(bytes).first(size); }

  Buffer bytes;
  std::size_t size = 0;
  std::atomic<std::size_t> outstanding = 0;  ///< Chunks that are still at work.
};

/// The candidates of a block, found part by part by several threads.
struct ContentSaver::Scan {
  explicit Scan(std::size_t size) : parts((size + kPart - 1) / kPart), outstanding(parts.size()) {}

  std::vector<std::vector<std::size_t>> parts;
  std::atomic<std::size_t> outstanding;
  std::atomic<bool> dense = false;  ///< Constant data: candidates nearly everywhere.
};

SavedContent ContentSaver::save_small(WorkerTools& tools, const File& file, std::uint64_t size) {
  SavedContent saved;
  if (size == 0) return saved;
  if (tools.buffer.size() < size) tools.buffer.resize(std::max<std::size_t>(size, 1 << 20));
  const auto length =
      reading([&] { return file.read_at(0, MutableByteView(tools.buffer).first(size)); });
  saved.size = length;
  for (auto rest = ByteView(tools.buffer).first(length); !rest.empty();) {
    throw_if_stopped(stop_);
    const auto chunk = chunk::first_cut(tables_, rest, true);
    saved.blobs.push_back(save_chunk(tools, rest.first(chunk)));
    rest = rest.subspan(chunk);
  }
  return saved;
}

SavedContent ContentSaver::save_large(WorkerTools& tools, ContentSource& source) {
  SavedContent saved;
  // Tasks that outlive a failure here hold what they use; references into a deque stay valid.
  const auto blobs = std::make_shared<std::deque<BlobId>>();
  std::array<std::shared_ptr<Block>, 2> blocks;
  std::uint64_t offset = 0;  // Of what is read next.
  ByteView open_chunk;       // Read, and not cut yet: the end of the block before.
  for (bool last = false; !last; std::swap(blocks[0], blocks[1])) {
    throw_if_stopped(stop_);
    const auto start = offset - open_chunk.size();
    const auto zeros = source.zeros_at(start) / chunk::kMinimumChunk;
    if (const auto length = zeros * chunk::kMinimumChunk; length > open_chunk.size()) {
      blobs->insert(blobs->end(), zeros, zero_chunk(tools));
      offset = start + length;
      progress_.add(0, length - open_chunk.size());
      open_chunk = {};
    }

    if (!blocks[0]) blocks[0] = take_block();
    auto& block = *blocks[0];
    wait_for(tools, block.outstanding);
    std::copy(open_chunk.begin(), open_chunk.end(), block.bytes.begin());
    const auto room = MutableByteView(block.bytes).subspan(open_chunk.size(), kBlock);
    const auto length = source.read(offset, room);
    last = length < room.size();
    offset += length;
    block.size = open_chunk.size() + length;

    const auto ends = cut(tools, blocks[0], last);
    block.outstanding = ends.size();
    std::uint64_t begin = 0;
    for (const auto end : ends) {
      auto& blob = blobs->emplace_back();
      queue_.push_chunk([this, blobs, &blob, held = blocks[0], begin, end](WorkerTools& worker) {
        throw_if_stopped(stop_);
        blob = save_chunk(worker, held->content().subspan(begin, end - begin));
        held->outstanding.fetch_sub(1, std::memory_order_acq_rel);
      });
      begin = end;
    }
    progress_.add(0, length);
    open_chunk = block.content().subspan(begin);
  }
  for (const auto& block : blocks)
    if (block) wait_for(tools, block->outstanding);
  saved.blobs.assign(blobs->begin(), blobs->end());
  saved.size = offset;
  return saved;
}

BlobId ContentSaver::save_chunk(WorkerTools& tools, ByteView chunk) {
  if (chunk.size() == chunk::kMinimumChunk && all_zero(chunk)) return zero_chunk(tools);
  return tools.blobs.save(repo::BlobType::kData, chunk);
}

BlobId ContentSaver::zero_chunk(WorkerTools& tools) {
  const std::scoped_lock lock(mutex_);
  if (!zero_) {
    const std::vector<std::uint8_t> zeros(chunk::kMinimumChunk);
    zero_ = tools.blobs.save(repo::BlobType::kData, zeros);
  }
  return *zero_;
}

std::vector<std::uint64_t> ContentSaver::cut_serially(ByteView bytes, bool last) const {
  std::vector<std::uint64_t> ends;
  std::uint64_t begin = 0;
  while (begin < bytes.size()) {
    const auto length = chunk::first_cut(tables_, bytes.subspan(begin), last);
    if (length == 0) break;
    begin += length;
    ends.push_back(begin);
  }
  return ends;
}

std::shared_ptr<ContentSaver::Block> ContentSaver::take_block() {
  const std::scoped_lock lock(mutex_);
  for (const auto& block : blocks_) {
    if (block.use_count() != 1) continue;
    block->outstanding = 0;
    return block;
  }
  return blocks_.emplace_back(std::make_shared<Block>());
}

std::vector<std::uint64_t> ContentSaver::cut(WorkerTools& tools,
                                             const std::shared_ptr<Block>& block, bool last) {
  const auto bytes = block->content();
  if (workers_ <= kSerialCutting || bytes.size() < 2 * kPart) return cut_serially(bytes, last);

  const auto scan = std::make_shared<Scan>(bytes.size());
  for (std::size_t i = 0; i < scan->parts.size(); ++i) {
    const auto before = i == 0 ? 0 : chunk::kWindow - 1;
    const auto begin = i * kPart - before;
    const auto part = bytes.subspan(begin, std::min(kPart + before, bytes.size() - begin));
    queue_.push_chunk([this, block, scan, part, i](WorkerTools&) {
      // In constant data every position is a candidate; looking for the first of each chunk costs
      // less than listing them.
      if (scan->dense || all_zero(part))
        scan->dense = true;
      else
        chunk::find_candidates(tables_, part, scan->parts[i]);
      if (scan->parts[i].size() > kDense) scan->dense = true;
      scan->outstanding.fetch_sub(1, std::memory_order_acq_rel);
    });
  }
  wait_for(tools, scan->outstanding);
  if (scan->dense) return cut_serially(bytes, last);

  chunk::CutChooser chooser;
  std::vector<std::uint64_t> ends;
  for (std::size_t i = 0; i < scan->parts.size(); ++i)
    chooser.add(scan->parts[i], i == 0 ? 0 : i * kPart - (chunk::kWindow - 1), ends);
  if (last)
    chooser.finish(bytes.size(), ends);
  else
    chooser.advance(bytes.size(), ends);
  return ends;
}

void ContentSaver::wait_for(WorkerTools& tools, const std::atomic<std::size_t>& outstanding) {
  if (!queue_.help_until(tools, [&] { return outstanding.load(std::memory_order_acquire) == 0; }))
    throw Error(ErrorCode::kCancelled, "the backup was given up");
}

}  // namespace pra::backup
