#include "ops/snapshot_tree.hpp"

#include <fmt/format.h>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::ops {

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part == "." || part == "..")
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the path {} has '{}' in it", printable(path), part),
                  "write it as `pra ls` shows it");
    if (!part.empty()) parts.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

std::optional<repo::Node> find_node(repo::Repository& repository, const repo::Snapshot& snapshot,
                                    const std::string& path, const std::stop_token& stop) {
  std::optional<repo::Node> found;
  std::string seen;
  auto tree = snapshot.tree;
  const auto parts = path_parts(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    seen += "/" + parts[i];
    const bool is_directory = !found || found->type == repo::NodeType::kDirectory;
    found.reset();
    if (is_directory)
      for (auto& node : repository.load_tree(tree, stop))
        if (node.name == parts[i]) found = std::move(node);
    if (!found)
      throw Error(ErrorCode::kNotFound,
                  fmt::format("snapshot {} has no {}", snapshot.id.short_hex(), printable(seen)),
                  fmt::format("`pra ls {}` shows what it has", snapshot.id.short_hex()));
    tree = found->subtree;
  }
  return found;
}

void walk_tree(repo::Repository& repository, const BlobId& tree, const std::string& path,
               bool recursive, const std::stop_token& stop,
               const std::function<void(const std::string& path, const repo::Node& node)>& visit) {
  // A stack of its own: a hostile tree may be deeper than ours.
  struct Level {
    std::string path;
    std::vector<repo::Node> nodes;
    std::size_t next = 0;
  };
  std::vector<Level> levels;
  levels.push_back({path, repository.load_tree(tree, stop)});
  while (!levels.empty()) {
    throw_if_stopped(stop);
    auto& level = levels.back();
    if (level.next == level.nodes.size()) {
      levels.pop_back();
      continue;
    }
    const auto& node = level.nodes[level.next++];
    const auto node_path = level.path + "/" + node.name;
    static constexpr std::size_t kLongestPath = 1 << 20;
    if (node_path.size() > kLongestPath)
      throw Error(ErrorCode::kCorrupt, "a path of the snapshot is longer than 1 MiB");
    visit(node_path, node);
    if (recursive && node.type == repo::NodeType::kDirectory)
      levels.push_back({node_path, repository.load_tree(node.subtree, stop)});
  }
}

}  // namespace pra::ops
