#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/error.hpp"
#include "repo/lock.hpp"
#include "restore/blob_fetch.hpp"
#include "verify/damage.hpp"
#include "verify/finding_list.hpp"
#include "verify/object_check.hpp"
#include "verify/pack_check.hpp"
#include "verify/tree_walk.hpp"
#include "verify/verify.hpp"

namespace pra::verify {
namespace {

constexpr std::size_t kPathsKept = 1'000;

class Check {
 public:
  Check(repo::Repository& repository, const CheckOptions& options, Progress& progress,
        const std::stop_token& stop)
      : repository_(repository),
        options_(options),
        progress_(progress),
        stop_(stop),
        workers_(restore::fetch_workers(repository, options.workers)) {}

  CheckResult run() {
    const auto started = std::chrono::steady_clock::now();
    progress_.begin_phase("check", 0, 0);
    ObjectCheck objects(repository_, findings_, workers_, stop_);
    // An unreadable lock says nothing about who holds it: then there is none to be had.
    std::unique_ptr<repo::Lock> lock;
    if (objects.check_locks()) lock = repo::lock_for_reading(repository_, Duration::zero(), stop_);
    objects.check_config();
    objects.check_keys();
    // Snapshots before the index: what a backup adds meanwhile is then not missed in the index.
    const auto snapshots = objects.check_snapshots();
    objects.check_index(index_);
    PackCheck packs(repository_, index_, findings_, stop_);
    packs.compare_listing();
    check_trees(snapshots);
    if (options_.read_data) packs.read(options_.share, workers_, progress_);
    name_damage(snapshots, packs);

    CheckResult result;
    result.snapshots = snapshots.size();
    result.trees = trees_;
    result.blobs = index_.index.blob_count();
    result.packs = packs.pack_count();
    result.packs_read = packs.packs_read();
    result.bytes_read = packs.bytes_read();
    result.damaged_files = std::move(damaged_files_);
    result.error_count = findings_.error_count();
    result.findings = findings_.take();
    result.elapsed = std::chrono::steady_clock::now() - started;
    return result;
  }

 private:
  void check_trees(const std::vector<repo::Snapshot>& snapshots) {
    std::vector<BlobId> roots;
    roots.reserve(snapshots.size());
    for (const auto& snapshot : snapshots)
      roots.push_back(snapshot.tree);
    progress_.begin_phase("trees", 0, 0);
    TreeWalk walk(repository_, index_.index, workers_, stop_);
    walk.run(
        roots,
        [&](const BlobId& tree, const std::vector<repo::Node>& nodes) {
          for (const auto& node : nodes)
            check_node(tree, node);
          progress_.add(1, 0);
        },
        [&](const BlobId& tree, const Error& error) {
          findings_.error("tree " + tree.hex(), error.what());
          tree_is_damaged_ = true;
        });
    trees_ = walk.tree_count();
    if (!tree_is_damaged_) look_for_orphans(walk);
  }

  /// Nothing in the format names a snapshot, so one whose file is gone leaves no other trace.
  void look_for_orphans(const TreeWalk& walk) {
    std::uint64_t orphans = 0;
    index_.index.for_each([&](const repo::BlobHandle& blob, const repo::BlobLocation&) {
      if (blob.type == repo::BlobType::kTree && !walk.reached(blob.id)) ++orphans;
    });
    if (orphans != 0)
      findings_.warning("snapshots",
                        fmt::format("{} trees belong to no snapshot: a backup was interrupted, a "
                                    "snapshot was forgotten, or its file was removed",
                                    orphans));
  }

  void check_node(const BlobId& tree, const repo::Node& node) {
    if (node.type != repo::NodeType::kFile) return;
    std::uint64_t size = 0;
    for (const auto& id : node.content) {
      const auto place = index_.index.find({repo::BlobType::kData, id});
      if (!place) {
        findings_.error("tree " + tree.hex(),
                        fmt::format("file '{}' needs blob {}, which is in no index",
                                    printable(node.name), id.hex()));
        content_is_missing_ = true;
        return;
      }
      size += place->plaintext_length();
    }
    if (size != node.size)
      findings_.warning("tree " + tree.hex(),
                        fmt::format("file '{}' has {} bytes where its entry says {}",
                                    printable(node.name), size, node.size));
  }

  /// Costs a second walk, and is only done when there is something to name.
  void name_damage(const std::vector<repo::Snapshot>& snapshots, const PackCheck& packs) {
    if (packs.suspects().empty() && !tree_is_damaged_ && !content_is_missing_) return;
    progress_.begin_phase("damage", 0, 0);
    const auto lost = lost_blobs(repository_, index_.index, packs.suspects(), workers_, stop_);
    damaged_files_ =
        damaged_paths(repository_, index_.index, snapshots, lost, kPathsKept, workers_, stop_);
  }

  repo::Repository& repository_;
  const CheckOptions& options_;
  Progress& progress_;
  const std::stop_token& stop_;
  const unsigned workers_;
  FindingList findings_;
  CheckedIndex index_;
  std::uint64_t trees_ = 0;
  std::atomic<bool> tree_is_damaged_ = false;
  std::atomic<bool> content_is_missing_ = false;
  std::vector<std::string> damaged_files_;
};

}  // namespace

CheckResult check_repository(repo::Repository& repository, const CheckOptions& options,
                             Progress& progress, const std::stop_token& stop) {
  if (!(options.share > 0 && options.share <= 1))
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the share of packs to read is {}", options.share),
                "give more than 0 and at most 1 (100%)");
  return Check(repository, options, progress, stop).run();
}

}  // namespace pra::verify
