#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "repo/blob.hpp"
#include "repo/repository.hpp"

namespace pra::restore {

/// Larger blobs are refused, whatever the index claims: 32 times what any writer makes of a file,
/// and room for the tree of a directory with two million entries.
inline constexpr std::uint64_t kLargestDataBlob = 256U << 20;
inline constexpr std::uint64_t kLargestTreeBlob = 1U << 30;

/// Gives packs numbers, so that a place in one takes 4 bytes instead of 32.
class PackNumbers {
 public:
  [[nodiscard]] std::uint32_t number(const PackId& pack);
  [[nodiscard]] const PackId& id(std::uint32_t number) const { return ids_[number]; }

 private:
  std::vector<PackId> ids_;
  std::unordered_map<PackId, std::uint32_t, IdHash> numbers_;
};

/// A blob to fetch, and where it lies.
struct WantedBlob {
  BlobId id;
  std::uint32_t pack = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t uncompressed_length = 0;
};
[[nodiscard]] WantedBlob wanted_blob(const BlobId& id, const repo::BlobLocation& location,
                                     PackNumbers& packs);

/// Blobs that are fetched by one request, `first` to `last` (not included) of those wanted.
struct FetchRequest {
  std::size_t first = 0;
  std::size_t last = 0;
};
/// Joins blobs that lie close together in a pack. `wanted` is ordered by pack and offset.
[[nodiscard]] std::vector<FetchRequest> plan_requests(std::span<const WantedBlob> wanted);

/// Receives blobs on one of the fetching threads. What it throws ends the fetch.
class BlobSink {
 public:
  virtual ~BlobSink() = default;
  /// Blob `number` of those wanted, authenticated and hashed.
  virtual void take(std::size_t number, ByteView plaintext) = 0;
  /// No good copy of it could be had.
  virtual void miss(std::size_t number, const Error& error) = 0;
  /// The last blob of a request was given.
  virtual void end_request() {}
};

struct FetchJob {
  repo::BlobType type = repo::BlobType::kData;
  std::span<const WantedBlob> wanted;  ///< Ordered by pack and offset, without repetitions.
  std::span<const FetchRequest> requests;
  const PackNumbers* packs = nullptr;
  const repo::Index* index = nullptr;  ///< Knows the other places of a blob.
  unsigned workers = 1;
};

/// Fetches blobs in parallel, request by request. A blob that cannot be read or opened where it was
/// expected is tried at its other places before it counts as missed. Failures that say nothing
/// about one blob (a store that is out of reach, a stop) are thrown.
void fetch_blobs(repo::Repository& repository, const FetchJob& job,
                 const std::function<std::unique_ptr<BlobSink>()>& make_sink,
                 const std::stop_token& stop);

/// Threads for fetching and opening: by cores and the store's connections, unless told.
[[nodiscard]] unsigned fetch_workers(const repo::Repository& repository, unsigned wanted);

}  // namespace pra::restore
