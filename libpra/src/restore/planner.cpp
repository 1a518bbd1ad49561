#include "restore/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "restore/blob_fetch.hpp"
#include "source/files/path.hpp"

namespace pra::restore {
namespace {

constexpr std::size_t kDeepestLevel = 4096;
/// What trees may expand to in all, beside four times what the repository holds: entries beyond
/// that can only come from trees that are used again and again.
constexpr std::uint64_t kExpansionAllowance = 256U << 20;

struct LinkKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const LinkKey&) const = default;
};
struct LinkKeyHash {
  std::size_t operator()(const LinkKey& key) const {
    return static_cast<std::size_t>(key.inode * 0x9e3779b97f4a7c15U ^ key.device);
  }
};

bool is_restorable(const repo::Node& node) {
  return node.type != repo::NodeType::kSocket && node.type != repo::NodeType::kIrregular;
}

class Planner {
 public:
  Planner(repo::Repository& repository, const PlanOptions& options, const PlanProblem& problem,
          const std::stop_token& stop)
      : repository_(repository), options_(options), problem_(problem), stop_(stop) {
    std::uint64_t known = 0;
    repository_.index().for_each([&](const repo::BlobHandle& blob, const repo::BlobLocation& at) {
      if (blob.type == repo::BlobType::kTree) known += at.plaintext_length();
    });
    expansion_left_ = kExpansionAllowance + 4 * known;
  }

  Plan run(const BlobId& tree) {
    level_.push_back({0, find_root(tree)});
    for (std::size_t depth = 0; !level_.empty(); ++depth) {
      if (depth == kDeepestLevel) {
        for (const auto& directory : level_)
          lose(directory.entry, fmt::format("more than {} levels deep", kDeepestLevel));
        break;
      }
      load_level();
    }
    if (!options_.selection.selects_all()) drop_empty_passages();
    resolve();
    return std::move(plan_);
  }

 private:
  struct Directory {
    EntryNumber entry = 0;
    BlobId tree;
  };
  struct LevelTree {
    WantedBlob blob;
    std::size_t first = 0;  ///< Its directories in `level_`.
    std::size_t last = 0;
  };

  class TreeSink : public BlobSink {
   public:
    TreeSink(Planner& planner, const std::vector<LevelTree>& trees)
        : planner_(planner), trees_(trees) {}
    void take(std::size_t number, ByteView plaintext) override {
      std::vector<repo::Node> nodes;
      try {
        nodes = repo::decode_tree(as_text(plaintext));
      } catch (const Error& error) {
        miss(number, error);
        return;
      }
      planner_.append(trees_[number], nodes, plaintext.size());
    }
    void miss(std::size_t number, const Error& error) override {
      const std::scoped_lock lock(planner_.mutex_);
      for (auto i = trees_[number].first; i < trees_[number].last; ++i)
        planner_.lose(planner_.level_[i].entry,
                      fmt::format("what is in this directory is lost: {}", error.what()));
    }

   private:
    Planner& planner_;
    const std::vector<LevelTree>& trees_;
  };

  /// The tree at `subpath`.
  BlobId find_root(BlobId tree) {
    const auto cleaned = source::clean_path("/" + options_.subpath);
    std::string walked;
    for (const auto& component : source::path_components(cleaned)) {
      auto nodes = repository_.load_tree(tree, stop_);
      const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const repo::Node& node) {
        return node.name == component;
      });
      walked += "/" + component;
      if (found == nodes.end())
        throw Error(ErrorCode::kNotFound,
                    fmt::format("{} is not in the snapshot", printable(walked)),
                    "list the snapshot's paths with: pra ls SNAPSHOT");
      if (found->type != repo::NodeType::kDirectory)
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{} is not a directory of the snapshot", printable(walked)),
                    "restore a single file with an include pattern instead");
      tree = found->subtree;
      auto& root = plan_.entry(0);
      root.mode = static_cast<std::uint16_t>(found->mode & 07777);
      root.uid = found->uid;
      root.gid = found->gid;
      root.modified = found->modified;
      root.accessed = found->accessed;
      root.selected = true;
      if (!found->extended_attributes.empty())
        plan_.make_extra(root).attributes = found->extended_attributes;
    }
    return tree;
  }

  void load_level() {
    std::sort(level_.begin(), level_.end(), [](const Directory& a, const Directory& b) {
      return a.tree != b.tree ? a.tree < b.tree : a.entry < b.entry;
    });
    std::vector<LevelTree> trees;
    PackNumbers packs;
    for (std::size_t first = 0; first < level_.size();) {
      auto last = first + 1;
      while (last < level_.size() && level_[last].tree == level_[first].tree)
        ++last;
      const auto& id = level_[first].tree;
      if (const auto location = repository_.index().find({repo::BlobType::kTree, id})) {
        trees.push_back({wanted_blob(id, *location, packs), first, last});
      } else {
        for (; first < last; ++first)
          lose(level_[first].entry,
               fmt::format("what is in this directory is lost: tree {} is in no index",
                           id.short_hex()));
      }
      first = last;
    }
    std::sort(trees.begin(), trees.end(), [](const LevelTree& a, const LevelTree& b) {
      return a.blob.pack != b.blob.pack ? a.blob.pack < b.blob.pack : a.blob.offset < b.blob.offset;
    });
    std::vector<WantedBlob> wanted;
    wanted.reserve(trees.size());
    for (const auto& tree : trees)
      wanted.push_back(tree.blob);
    const auto requests = plan_requests(wanted);
    fetch_blobs(
        repository_,
        {repo::BlobType::kTree, wanted, requests, &packs, &repository_.index(), options_.workers},
        [&] { return std::make_unique<TreeSink>(*this, trees); }, stop_);
    level_.swap(next_level_);
    next_level_.clear();
  }

  void append(const LevelTree& tree, const std::vector<repo::Node>& nodes, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    for (auto i = tree.first; i < tree.last; ++i) {
      throw_if_stopped(stop_);
      if (bytes > expansion_left_)
        throw Error(ErrorCode::kCorrupt,
                    "the snapshot's directories repeat each other so often that they would fill "
                    "any disk",
                    "restore a part of it with subpath");
      expansion_left_ -= bytes;
      append_children(level_[i].entry, nodes);
    }
  }

  void append_children(EntryNumber directory, const std::vector<repo::Node>& nodes) {
    const auto first = static_cast<EntryNumber>(plan_.size());
    const bool all = options_.selection.selects_all();
    const auto path = all ? std::string() : "/" + plan_.path(directory);
    for (const auto& node : nodes) {
      Selection::Verdict verdict;
      if (!all)
        verdict = options_.selection.judge(path == "/" ? path + node.name : path + "/" + node.name);
      const bool is_directory = node.type == repo::NodeType::kDirectory;
      if (!is_restorable(node) || !(verdict.selected || (is_directory && verdict.enter))) {
        if (options_.keep_unselected)
          plan_.make_extra(plan_.entry(directory)).unselected.push_back(node.name);
        continue;
      }
      const auto number = plan_.add(node, directory);
      auto& entry = plan_.entry(number);
      entry.selected = verdict.selected;
      if (is_directory) {
        if (verdict.enter) next_level_.push_back({number, node.subtree});
      } else if (node.links > 1 && node.inode != 0) {
        note_link(number, node);
      }
    }
    auto& parent = plan_.entry(directory);
    parent.first_child = first;
    parent.child_count = static_cast<std::uint32_t>(plan_.size() - first);
  }

  /// The first entry of an inode holds the content; later ones become links to it. Names of one
  /// inode that differ in content (it changed during the backup) stay files of their own.
  void note_link(EntryNumber number, const repo::Node& node) {
    const auto [place, added] = links_.try_emplace({node.device_id, node.inode}, number);
    if (added) return;
    auto& entry = plan_.entry(number);
    auto& leader = plan_.entry(place->second);
    if (leader.type != entry.type || leader.content_count != entry.content_count) return;
    for (std::uint32_t i = 0; i < entry.content_count; ++i)
      if (plan_.content(leader, i) != plan_.content(entry, i)) return;
    entry.link_to = place->second;
    leader.has_links = true;
  }

  /// Directories on the way to nothing.
  void drop_empty_passages() {
    std::vector<bool> needed(plan_.size(), false);
    needed[0] = true;
    for (auto number = static_cast<EntryNumber>(plan_.size()); number-- > 1;) {
      auto& entry = plan_.entry(number);
      if (!entry.selected && !needed[number]) {
        entry.action = Action::kSkip;
        continue;
      }
      needed[entry.parent] = true;
    }
  }

  /// Sizes of files by their blobs.
  void resolve() {
    for (EntryNumber number = 0; number < plan_.size(); ++number) {
      auto& entry = plan_.entry(number);
      if (!entry.is_file()) continue;
      throw_if_stopped(stop_);
      std::uint64_t size = 0;
      bool missing = false;
      for (std::uint32_t i = 0; i < entry.content_count && !missing; ++i) {
        const auto& id = plan_.content(entry, i);
        if (const auto location = repository_.index().find({repo::BlobType::kData, id})) {
          size += location->plaintext_length();
        } else {
          missing = true;
          entry.action = Action::kSkip;
          problem_(plan_.path(number),
                   fmt::format("its content is lost: blob {} is in no index", id.short_hex()),
                   true);
        }
      }
      if (!missing && size != entry.size)
        problem_(
            plan_.path(number),
            fmt::format("the snapshot says {} bytes, and its content has {}", entry.size, size),
            false);
      if (!missing) entry.size = size;
    }
  }

  /// The directory stays in the plan; what is below it is unknown.
  void lose(EntryNumber directory, const std::string& why) {
    plan_.entry(directory).incomplete = true;
    problem_(directory == 0 ? "/" : plan_.path(directory), why, true);
  }

  repo::Repository& repository_;
  const PlanOptions& options_;
  const PlanProblem& problem_;
  const std::stop_token& stop_;
  Plan plan_;
  std::mutex mutex_;
  std::vector<Directory> level_;
  std::vector<Directory> next_level_;
  std::unordered_map<LinkKey, EntryNumber, LinkKeyHash> links_;
  std::uint64_t expansion_left_ = 0;
};

}  // namespace

Selection::Verdict Selection::judge(const std::string& path) const {
  Verdict verdict;
  if (!includes_all_) verdict.selected = include_.matches(path, &verdict.enter);
  if (!exclude_.empty() && exclude_.matches(path)) verdict = {false, false};
  return verdict;
}

Plan build_plan(repo::Repository& repository, const BlobId& tree, const PlanOptions& options,
                const PlanProblem& problem, const std::stop_token& stop) {
  std::vector<std::string> damaged;
  repository.load_index(stop, &damaged);
  for (const auto& hex : damaged)
    problem("/",
            "left out, because it is damaged: " + repo::object_name(repo::FileKind::kIndex, hex),
            false);
  return Planner(repository, options, problem, stop).run(tree);
}

}  // namespace pra::restore
