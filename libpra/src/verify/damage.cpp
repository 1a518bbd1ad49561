#include "verify/damage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "restore/blob_fetch.hpp"
#include "verify/tree_walk.hpp"

namespace pra::verify {
namespace {

constexpr unsigned kDeepest = 2048;

/// Notes which blobs were missed.
class MissSink : public restore::BlobSink {
 public:
  MissSink(repo::BlobType type, const std::vector<restore::WantedBlob>& wanted, BlobSet& lost,
           std::mutex& mutex)
      : type_(type), wanted_(wanted), lost_(lost), mutex_(mutex) {}
  void take(std::size_t, ByteView) override {}
  void miss(std::size_t number, const Error&) override {
    const std::scoped_lock lock(mutex_);
    lost_.insert({type_, wanted_[number].id});
  }

 private:
  const repo::BlobType type_;
  const std::vector<restore::WantedBlob>& wanted_;
  BlobSet& lost_;
  std::mutex& mutex_;
};

class PathFinder {
 public:
  PathFinder(repo::Repository& repository, const repo::Index& index, const BlobSet& lost,
             std::size_t limit, const std::stop_token& stop)
      : repository_(repository), index_(index), lost_(lost), limit_(limit), stop_(stop) {}

  [[nodiscard]] bool is_lost(const repo::Node& node) const {
    return std::any_of(node.content.begin(), node.content.end(), [&](const BlobId& id) {
      const repo::BlobHandle blob{repo::BlobType::kData, id};
      return lost_.contains(blob) || !index_.contains(blob);
    });
  }

  std::vector<std::string> run(const std::vector<repo::Snapshot>& snapshots, unsigned workers) {
    std::vector<BlobId> roots;
    for (const auto& snapshot : snapshots)
      roots.push_back(snapshot.tree);
    TreeWalk walk(repository_, index_, workers, stop_);
    std::mutex mutex;
    std::vector<BlobId> marked;
    walk.run(
        roots,
        [&](const BlobId& tree, const std::vector<repo::Node>& nodes) {
          if (std::none_of(nodes.begin(), nodes.end(),
                           [&](const auto& node) { return is_lost(node); }))
            return;
          const std::scoped_lock lock(mutex);
          marked.push_back(tree);
        },
        [&](const BlobId& tree, const Error&) {
          const std::scoped_lock lock(mutex);
          marked.push_back(tree);
          unreadable_.emplace(tree, true);
        });
    leading_ = walk.leading_to(marked);
    // The newest snapshot is the one that people ask for first.
    for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
      suffix_ = fmt::format(" (snapshot {})", snapshot->id.short_hex());
      visit(snapshot->tree, "", 0);
    }
    return std::move(paths_);
  }

 private:
  void visit(const BlobId& tree, const std::string& path, unsigned depth) {
    throw_if_stopped(stop_);
    if (paths_.size() >= limit_ || depth > kDeepest || !leading_.contains(tree)) return;
    if (unreadable_.contains(tree)) return add(path + "/");
    std::vector<repo::Node> nodes;
    try {
      nodes = load(tree);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      return add(path + "/");
    }
    for (const auto& node : nodes) {
      if (node.type == repo::NodeType::kDirectory)
        visit(node.subtree, path + "/" + node.name, depth + 1);
      else if (is_lost(node))
        add(path + "/" + node.name);
    }
  }

  void add(const std::string& path) {
    if (paths_.size() < limit_) paths_.push_back(printable(path) + suffix_);
  }

  std::vector<repo::Node> load(const BlobId& tree) {
    struct Sink : restore::BlobSink {
      std::vector<repo::Node>& nodes;
      explicit Sink(std::vector<repo::Node>& out) : nodes(out) {}
      void take(std::size_t, ByteView plaintext) override {
        nodes = repo::decode_tree(as_text(plaintext));
      }
      void miss(std::size_t, const Error& error) override { throw error; }
    };
    std::vector<repo::Node> nodes;
    restore::PackNumbers packs;
    std::vector<restore::WantedBlob> wanted;
    if (const auto place = index_.find({repo::BlobType::kTree, tree}))
      wanted.push_back(restore::wanted_blob(tree, *place, packs));
    const auto requests = restore::plan_requests(wanted);
    restore::fetch_blobs(
        repository_, {repo::BlobType::kTree, wanted, requests, &packs, &index_, 1},
        [&] { return std::make_unique<Sink>(nodes); }, stop_);
    return nodes;
  }

  repo::Repository& repository_;
  const repo::Index& index_;
  const BlobSet& lost_;
  const std::size_t limit_;
  const std::stop_token& stop_;
  std::unordered_map<BlobId, bool, IdHash> leading_;
  std::unordered_map<BlobId, bool, IdHash> unreadable_;
  std::vector<std::string> paths_;
  std::string suffix_;
};

}  // namespace

BlobSet lost_blobs(repo::Repository& repository, const repo::Index& index, const BlobSet& suspects,
                   unsigned workers, const std::stop_token& stop) {
  BlobSet lost;
  std::mutex mutex;
  for (const auto type : {repo::BlobType::kData, repo::BlobType::kTree}) {
    restore::PackNumbers packs;
    std::vector<restore::WantedBlob> wanted;
    for (const auto& blob : suspects) {
      if (blob.type != type) continue;
      if (const auto place = index.find(blob))
        wanted.push_back(restore::wanted_blob(blob.id, *place, packs));
      else
        lost.insert(blob);
    }
    std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
      return a.pack != b.pack ? a.pack < b.pack : a.offset < b.offset;
    });
    const auto requests = restore::plan_requests(wanted);
    restore::fetch_blobs(
        repository, {type, wanted, requests, &packs, &index, workers},
        [&] { return std::make_unique<MissSink>(type, wanted, lost, mutex); }, stop);
  }
  return lost;
}

std::vector<std::string> damaged_paths(repo::Repository& repository, const repo::Index& index,
                                       const std::vector<repo::Snapshot>& snapshots,
                                       const BlobSet& lost, std::size_t limit, unsigned workers,
                                       const std::stop_token& stop) {
  return PathFinder(repository, index, lost, limit, stop).run(snapshots, workers);
}

}  // namespace pra::verify
