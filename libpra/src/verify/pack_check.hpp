#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <unordered_set>
#include <vector>

#include "base/progress.hpp"
#include "repo/blob.hpp"
#include "repo/repository.hpp"
#include "verify/finding_list.hpp"
#include "verify/object_check.hpp"

namespace pra::verify {

/// Compares the packs of a repository with its index: present and of the right size, and on request
/// read whole: hash, header and every blob.
class PackCheck {
 public:
  PackCheck(repo::Repository& repository, const CheckedIndex& index, FindingList& findings,
            const std::stop_token& stop)
      : repository_(repository), index_(index), findings_(findings), stop_(stop) {}

  /// Lists the packs and compares names and sizes.
  void compare_listing();
  /// Reads a part of the packs, chosen at random unless it is all of them. Bounded memory: a pack a
  /// worker.
  void read(double share, unsigned workers, Progress& progress);

  /// Blobs that may be lost: damaged where they were looked at.
  [[nodiscard]] const std::unordered_set<repo::BlobHandle, repo::BlobHandleHash>& suspects() const {
    return suspects_;
  }
  [[nodiscard]] std::size_t pack_count() const { return packs_.size(); }
  [[nodiscard]] std::uint64_t packs_read() const { return packs_read_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  class Reader;

  void suspect(const repo::BlobHandle& blob);
  /// All blobs that the index places in one of these packs.
  void suspect_all_in(const std::unordered_set<PackId, IdHash>& packs);

  repo::Repository& repository_;
  const CheckedIndex& index_;
  FindingList& findings_;
  const std::stop_token& stop_;
  std::vector<repo::Repository::Listed> packs_;
  std::mutex mutex_;
  std::unordered_set<repo::BlobHandle, repo::BlobHandleHash> suspects_;
  std::atomic<std::uint64_t> packs_read_ = 0;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

}  // namespace pra::verify
