#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "repo/index.hpp"
#include "repo/repository.hpp"
#include "repo/tree.hpp"

namespace pra::verify {

/// All trees that snapshots reach, each read once, in parallel, level by level. Takes about 60
/// bytes a tree and 8 a directory entry.
class TreeWalk {
 public:
  TreeWalk(repo::Repository& repository, const repo::Index& index, unsigned workers,
           const std::stop_token& stop)
      : repository_(repository), index_(index), workers_(workers), stop_(stop) {}

  /// Called on several threads.
  using Visit = std::function<void(const BlobId& tree, const std::vector<repo::Node>& nodes)>;
  using Miss = std::function<void(const BlobId& tree, const Error& error)>;
  void run(const std::vector<BlobId>& roots, const Visit& visit, const Miss& miss);

  [[nodiscard]] std::size_t tree_count() const { return numbers_.size(); }
  [[nodiscard]] bool reached(const BlobId& tree) const { return numbers_.contains(tree); }
  /// Of the trees that were reached, those from which one in `marked` is reached; those included.
  [[nodiscard]] std::unordered_map<BlobId, bool, IdHash> leading_to(
      const std::vector<BlobId>& marked) const;

 private:
  class Sink;

  void load(const std::vector<BlobId>& level, const Visit& visit, const Miss& miss);
  void note_children(const BlobId& tree, const std::vector<repo::Node>& nodes);

  repo::Repository& repository_;
  const repo::Index& index_;
  const unsigned workers_;
  const std::stop_token& stop_;
  std::mutex mutex_;
  std::unordered_map<BlobId, std::uint32_t, IdHash> numbers_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_;  ///< Child, parent.
  std::vector<BlobId> next_level_;
};

}  // namespace pra::verify
