#include "restore/blob_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/cancel.hpp"
#include "base/worker_group.hpp"
#include "restore/parallel.hpp"

namespace pra::restore {
namespace {

constexpr std::uint64_t kLargestRequest = 4U << 20;
constexpr std::uint64_t kLargestGap = 128U << 10;

std::uint64_t largest_blob(repo::BlobType type) {
  return type == repo::BlobType::kTree ? kLargestTreeBlob : kLargestDataBlob;
}

/// Whether a failure concerns this blob or pack alone, so that the others are worth a try.
bool is_local_failure(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCorrupt:
    case ErrorCode::kNotFound:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kFailed:
      return true;
    default:
      return false;
  }
}

/// One thread's buffers and contexts.
class Fetcher {
 public:
  Fetcher(repo::Repository& repository, const FetchJob& job, std::unique_ptr<BlobSink> sink,
          const std::stop_token& stop)
      : repository_(repository),
        job_(job),
        sink_(std::move(sink)),
        stop_(stop),
        opener_(repository.master_key()) {}

  void run(const FetchRequest& request) {
    const auto blobs = job_.wanted.subspan(request.first, request.last - request.first);
    const std::uint64_t begin = blobs.front().offset;
    const bool was_read = read_range(blobs, begin);
    std::vector<std::size_t> elsewhere;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      throw_if_stopped(stop_);
      const auto number = request.first + i;
      const auto& blob = blobs[i];
      const repo::BlobLocation location{job_.packs->id(blob.pack), blob.offset, blob.length,
                                        blob.uncompressed_length};
      if (was_read &&
          open(blob.id, location, ByteView(sealed_).subspan(blob.offset - begin, blob.length)))
        sink_->take(number, plaintext_);
      else
        elsewhere.push_back(number);
    }
    for (const auto number : elsewhere) {
      throw_if_stopped(stop_);
      try_each_place(number, job_.wanted[number]);
    }
    sink_->end_request();
  }

 private:
  bool read_range(std::span<const WantedBlob> blobs, std::uint64_t begin) {
    std::uint64_t end = begin;
    for (const auto& blob : blobs)
      end = std::max(end, std::uint64_t{blob.offset} + blob.length);
    if (end - begin > largest_blob(job_.type) + kLargestRequest) return false;
    return read(job_.packs->id(blobs.front().pack), begin, end - begin);
  }

  bool read(const PackId& pack, std::uint64_t offset, std::uint64_t length) {
    sealed_.resize(length);
    try {
      repository_.store().read_range(repo::object_name(repo::FileKind::kPack, pack.hex()), offset,
                                     sealed_, stop_);
      return true;
    } catch (const Error& error) {
      if (!is_local_failure(error)) throw;
      failure_ = error;
      return false;
    }
  }

  bool open(const BlobId& id, const repo::BlobLocation& location, ByteView sealed) {
    try {
      if (location.length < crypto::Envelope::kOverhead ||
          location.plaintext_length() > largest_blob(job_.type))
        throw Error(ErrorCode::kCorrupt, fmt::format("blob {} has an impossible length: {} bytes",
                                                     id.short_hex(), location.length));
      opener_.open({job_.type, id}, location, sealed, plaintext_);
      return true;
    } catch (const Error& error) {
      if (!is_local_failure(error)) throw;
      failure_ = error;
      return false;
    }
  }

  /// Also the first place again: what a larger request could not read may be readable.
  void try_each_place(std::size_t number, const WantedBlob& blob) {
    failure_ = Error(ErrorCode::kNotFound, fmt::format("no index knows blob {}", blob.id.hex()));
    for (const auto& place : job_.index->find_all({job_.type, blob.id})) {
      throw_if_stopped(stop_);
      if (place.length <= largest_blob(job_.type) + crypto::Envelope::kOverhead &&
          read(place.pack, place.offset, place.length) && open(blob.id, place, sealed_))
        return sink_->take(number, plaintext_);
    }
    sink_->miss(number, failure_);
  }

  repo::Repository& repository_;
  const FetchJob& job_;
  std::unique_ptr<BlobSink> sink_;
  const std::stop_token& stop_;
  repo::BlobOpener opener_;
  Buffer sealed_;
  Buffer plaintext_;
  Error failure_{ErrorCode::kFailed, ""};
};

}  // namespace

std::uint32_t PackNumbers::number(const PackId& pack) {
  const auto [place, added] = numbers_.try_emplace(pack, static_cast<std::uint32_t>(ids_.size()));
  if (added) ids_.push_back(pack);
  return place->second;
}

WantedBlob wanted_blob(const BlobId& id, const repo::BlobLocation& location, PackNumbers& packs) {
  return {id, packs.number(location.pack), location.offset, location.length,
          location.uncompressed_length};
}

std::vector<FetchRequest> plan_requests(std::span<const WantedBlob> wanted) {
  std::vector<FetchRequest> requests;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& blob = wanted[i];
    const std::uint64_t blob_end = std::uint64_t{blob.offset} + blob.length;
    const bool joins = !requests.empty() && wanted[i - 1].pack == blob.pack &&
                       blob.offset <= end + kLargestGap && blob_end <= begin + kLargestRequest;
    if (joins) {
      requests.back().last = i + 1;
      end = std::max(end, blob_end);
    } else {
      requests.push_back({i, i + 1});
      begin = blob.offset;
      end = blob_end;
    }
  }
  return requests;
}

void fetch_blobs(repo::Repository& repository, const FetchJob& job,
                 const std::function<std::unique_ptr<BlobSink>()>& make_sink,
                 const std::stop_token& stop) {
  parallel_for(
      job.requests.size(), 1, job.workers, stop,
      [&] { return Fetcher(repository, job, make_sink(), stop); },
      [&](Fetcher& fetcher, std::size_t number) { fetcher.run(job.requests[number]); });
}

unsigned fetch_workers(const repo::Repository& repository, unsigned wanted) {
  if (wanted != 0) return std::min(wanted, 64U);
  // One more than cores: one of them is usually waiting for a disk.
  return std::max(usable_cores() + 1, repository.store().connections());
}

}  // namespace pra::restore
