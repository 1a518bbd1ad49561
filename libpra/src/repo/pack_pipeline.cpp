#include "repo/pack_pipeline.hpp"

#include <algorithm>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/index_writer.hpp"

namespace pra::repo {

namespace {

constexpr std::size_t kMinThreads = 2;
/// One open pack of data, one of trees, and one that waits for a thread.
constexpr std::size_t kPacksBesideThreads = 3;

std::size_t thread_count(const Repository& repository) {
  return std::max<std::size_t>(kMinThreads, repository.store().connections());
}

}  // namespace

PackPipeline::PackPipeline(Repository& repository, std::stop_token stop,
                           std::function<void(const IndexedPack&)> on_durable)
    : repository_(repository),
      stop_(std::move(stop)),
      on_durable_(std::move(on_durable)),
      buffer_limit_(thread_count(repository) + kPacksBesideThreads),
      waiting_(buffer_limit_) {
  for (std::size_t i = 0; i < thread_count(repository); ++i)
    threads_.emplace_back([this] {
      try {
        store_packs();
      } catch (...) {
        fail(std::current_exception());
      }
    });
}

PackPipeline::~PackPipeline() {
  abandon();
}

void PackPipeline::check() const {
  if (!failed_.load(std::memory_order_acquire)) return;
  const std::scoped_lock lock(failure_mutex_);
  std::rethrow_exception(failure_);
}

void PackPipeline::fail(std::exception_ptr failure) {
  {
    const std::scoped_lock lock(failure_mutex_);
    if (failure_) return;
    failure_ = std::move(failure);
  }
  failed_.store(true, std::memory_order_release);
  waiting_.abort();
  const std::scoped_lock lock(buffers_mutex_);
  buffer_returned_.notify_all();
}

void PackPipeline::submit(PackBuilder pack) {
  if (!waiting_.push(std::move(pack))) {
    check();
    throw Error(ErrorCode::kFailed, "blobs were saved after the writer had ended");
  }
}

Buffer PackPipeline::take_buffer(std::size_t capacity) {
  Buffer buffer;
  {
    std::unique_lock lock(buffers_mutex_);
    buffer_returned_.wait(lock, [&] { return buffers_in_use_ < buffer_limit_ || failed_; });
    if (failed_) {
      lock.unlock();
      check();
    }
    ++buffers_in_use_;
    if (!idle_buffers_.empty()) {
      buffer = std::move(idle_buffers_.back());
      idle_buffers_.pop_back();
    }
  }
  buffer.reserve(capacity);
  return buffer;
}

void PackPipeline::return_buffer(Buffer buffer) {
  buffer.clear();
  const std::scoped_lock lock(buffers_mutex_);
  --buffers_in_use_;
  // What one oversized blob needed would only hold memory.
  if (idle_buffers_.empty() || buffer.capacity() <= idle_buffers_.front().capacity())
    idle_buffers_.push_back(std::move(buffer));
  buffer_returned_.notify_one();
}

void PackPipeline::store_packs() {
  crypto::Envelope envelope(repository_.master_key());
  while (auto builder = waiting_.pop()) {
    store(std::move(*builder), envelope);
    repository_.index_writer().flush_if_due(stop_);
  }
}

void PackPipeline::store(PackBuilder builder, crypto::Envelope& envelope) {
  throw_if_stopped(stop_);
  PackBuilder::Finished finished = builder.finish(envelope);
  repository_.store().create(object_name(FileKind::kPack, finished.pack.id.hex()), finished.bytes,
                             stop_);
  return_buffer(std::move(finished.bytes));
  repository_.index_writer().add(finished.pack);
  on_durable_(finished.pack);
  packs_.fetch_add(1, std::memory_order_relaxed);
}

void PackPipeline::finish() {
  waiting_.close();
  threads_.clear();
  check();
  try {
    repository_.index_writer().flush(stop_);
  } catch (...) {
    fail(std::current_exception());
    throw;
  }
  ended_ = true;
}

void PackPipeline::abandon() noexcept {
  if (ended_) return;
  ended_ = true;
  try {
    waiting_.abort();
    threads_.clear();
    try {
      check();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCancelled) return;
    }
    // The caller's token may have been stopped already: this is what is still to be done then.
    repository_.index_writer().flush({});
  } catch (const std::exception& error) {
    repository_.logger().warning(std::string("what was stored before the end is not indexed: ") +
                                 error.what());
  }
}

}  // namespace pra::repo
