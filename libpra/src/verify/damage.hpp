#pragma once

#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "repo/blob.hpp"
#include "repo/index.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot.hpp"

namespace pra::verify {

using BlobSet = std::unordered_set<repo::BlobHandle, repo::BlobHandleHash>;

/// Which of these blobs cannot be read from any of their places.
[[nodiscard]] BlobSet lost_blobs(repo::Repository& repository, const repo::Index& index,
                                 const BlobSet& suspects, unsigned workers,
                                 const std::stop_token& stop);

/// "path (snapshot 1234abcd)" of every file and directory that lost blobs belong to; at most
/// `limit`. Data blobs that no index knows count as lost without being in `lost`.
[[nodiscard]] std::vector<std::string> damaged_paths(repo::Repository& repository,
                                                     const repo::Index& index,
                                                     const std::vector<repo::Snapshot>& snapshots,
                                                     const BlobSet& lost, std::size_t limit,
                                                     unsigned workers, const std::stop_token& stop);

}  // namespace pra::verify
