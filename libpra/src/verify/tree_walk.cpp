#include "verify/tree_walk.hpp"

#include <algorithm>
#include <memory>

#include "base/bytes.hpp"
#include "restore/blob_fetch.hpp"

namespace pra::verify {

class TreeWalk::Sink : public restore::BlobSink {
 public:
  Sink(TreeWalk& walk, const std::vector<restore::WantedBlob>& wanted, const Visit& visit,
       const Miss& miss)
      : walk_(walk), wanted_(wanted), visit_(visit), miss_(miss) {}

  void take(std::size_t number, ByteView plaintext) override {
    const auto& tree = wanted_[number].id;
    std::vector<repo::Node> nodes;
    try {
      nodes = repo::decode_tree(as_text(plaintext));
    } catch (const Error& error) {
      return miss_(tree, error);
    }
    walk_.note_children(tree, nodes);
    visit_(tree, nodes);
  }
  void miss(std::size_t number, const Error& error) override { miss_(wanted_[number].id, error); }

 private:
  TreeWalk& walk_;
  const std::vector<restore::WantedBlob>& wanted_;
  const Visit& visit_;
  const Miss& miss_;
};

void TreeWalk::run(const std::vector<BlobId>& roots, const Visit& visit, const Miss& miss) {
  std::vector<BlobId> level;
  for (const auto& root : roots)
    if (numbers_.try_emplace(root, static_cast<std::uint32_t>(numbers_.size())).second)
      level.push_back(root);
  while (!level.empty()) {
    load(level, visit, miss);
    level = std::move(next_level_);
    next_level_.clear();
  }
}

void TreeWalk::load(const std::vector<BlobId>& level, const Visit& visit, const Miss& miss) {
  restore::PackNumbers packs;
  std::vector<restore::WantedBlob> wanted;
  for (const auto& tree : level) {
    if (const auto place = index_.find({repo::BlobType::kTree, tree}))
      wanted.push_back(restore::wanted_blob(tree, *place, packs));
    else
      miss(tree, Error(ErrorCode::kNotFound, "it is in no index"));
  }
  std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
    return a.pack != b.pack ? a.pack < b.pack : a.offset < b.offset;
  });
  const auto requests = restore::plan_requests(wanted);
  restore::fetch_blobs(
      repository_, {repo::BlobType::kTree, wanted, requests, &packs, &index_, workers_},
      [&] { return std::make_unique<Sink>(*this, wanted, visit, miss); }, stop_);
}

void TreeWalk::note_children(const BlobId& tree, const std::vector<repo::Node>& nodes) {
  const std::scoped_lock lock(mutex_);
  const auto parent = numbers_.at(tree);
  for (const auto& node : nodes) {
    if (node.type != repo::NodeType::kDirectory) continue;
    const auto [place, added] =
        numbers_.try_emplace(node.subtree, static_cast<std::uint32_t>(numbers_.size()));
    edges_.emplace_back(place->second, parent);
    if (added) next_level_.push_back(node.subtree);
  }
}

std::unordered_map<BlobId, bool, IdHash> TreeWalk::leading_to(
    const std::vector<BlobId>& marked) const {
  auto edges = edges_;
  std::sort(edges.begin(), edges.end());
  std::vector<bool> leads(numbers_.size(), false);
  std::vector<std::uint32_t> pending;
  const auto mark = [&](std::uint32_t number) {
    if (leads[number]) return;
    leads[number] = true;
    pending.push_back(number);
  };
  for (const auto& tree : marked)
    if (const auto found = numbers_.find(tree); found != numbers_.end()) mark(found->second);
  while (!pending.empty()) {
    const auto child = pending.back();
    pending.pop_back();
    const auto first = std::lower_bound(edges.begin(), edges.end(), std::pair{child, 0U});
    for (auto edge = first; edge != edges.end() && edge->first == child; ++edge)
      mark(edge->second);
  }
  std::unordered_map<BlobId, bool, IdHash> out;
  for (const auto& [tree, number] : numbers_)
    if (leads[number]) out.emplace(tree, true);
  return out;
}

}  // namespace pra::verify
