#include "backup/cluster_tree.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace pra::backup {

namespace {

/// "a/b/c" → "a/b" and "c".
std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

template <class Tree>
Tree* MemoryTree::descend(Tree* from, std::string_view path) {
  while (from != nullptr && !path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const auto found = from->children_.find(std::string(path.substr(0, end)));
    from = found == from->children_.end() ? nullptr : found->second.get();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return from;
}

repo::Node& MemoryTree::add(const std::string& path, repo::Node node) {
  const auto [parent_path, name] = split_last(path);
  auto* parent = descend(this, parent_path);
  if (parent == nullptr || (parent != this && parent->own_.type != repo::NodeType::kDirectory))
    throw Error(ErrorCode::kCorrupt, "entry without its directory: '" + printable(path) + "'");
  node.name = name;
  auto [place, added] =
      parent->children_.emplace(name, std::make_unique<MemoryTree>(std::move(node)));
  if (!added) throw Error(ErrorCode::kCorrupt, "entry twice: '" + printable(path) + "'");
  return place->second->own_;
}

void MemoryTree::graft(const std::string& path, MemoryTree tree) {
  tree.own_.type = repo::NodeType::kDirectory;
  auto* there = descend(this, path);
  if (there == nullptr) {
    add(path, tree.own_);
    there = descend(this, path);
  } else if (there->own_.type != repo::NodeType::kDirectory || !there->children_.empty()) {
    throw Error(ErrorCode::kCorrupt, "entry twice: '" + printable(path) + "'");
  }
  there->children_ = std::move(tree.children_);
}

void MemoryTree::link(const std::string& path, const std::string& target) {
  if (MemoryTree* there = descend(this, path)) {
    if (there->own_.type != repo::NodeType::kSymlink)
      throw Error(ErrorCode::kCorrupt, "no symbolic link: '" + printable(path) + "'");
    there->own_.link_target = target;
    return;
  }
  repo::Node node = own_;
  node.type = repo::NodeType::kSymlink;
  node.mode = 0777;
  node.link_target = target;
  add(path, std::move(node));
}

void MemoryTree::remove_links(const std::string& path,
                              const std::function<bool(const std::string&)>& is_wanted) {
  if (MemoryTree* there = descend(this, path))
    std::erase_if(there->children_, [&](const auto& entry) {
      return entry.second->own_.type == repo::NodeType::kSymlink && !is_wanted(entry.first);
    });
}

const repo::Node* MemoryTree::find(const std::string& path) const {
  const MemoryTree* found = descend(this, path);
  return found == nullptr ? nullptr : &found->own_;
}

const MemoryTree* MemoryTree::directory(const std::string& path) const {
  const MemoryTree* found = descend(this, path);
  return found != nullptr && found->own_.type == repo::NodeType::kDirectory ? found : nullptr;
}

BlobId MemoryTree::save(repo::BlobWriter::Worker& worker, Totals& totals) {
  std::vector<std::string> encoded;
  encoded.reserve(children_.size());
  for (auto& [name, child] : children_) {
    if (child->own_.type == repo::NodeType::kDirectory) {
      child->own_.subtree = child->save(worker, totals);
      ++totals.directories;
    } else if (child->own_.type == repo::NodeType::kFile) {
      ++totals.files;
      totals.bytes += child->own_.size;
    }
    repo::encode_node(child->own_, encoded.emplace_back());
  }
  return worker.save(repo::BlobType::kTree, as_bytes(repo::encode_tree(encoded)));
}

}  // namespace pra::backup
