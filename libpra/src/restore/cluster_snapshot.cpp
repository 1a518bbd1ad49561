#include "restore/cluster_snapshot.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"

namespace pra::restore {

namespace pg = source::postgres;

namespace {

constexpr std::uint64_t kMaxDescription = 16 << 20;

const repo::Node* find_node(const std::vector<repo::Node>& nodes, std::string_view name,
                            repo::NodeType type) {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const repo::Node& node) {
    return node.name == name && node.type == type;
  });
  return found == nodes.end() ? nullptr : &*found;
}

const repo::Node& need_node(const std::vector<repo::Node>& nodes, std::string_view name,
                            repo::NodeType type) {
  if (const repo::Node* node = find_node(nodes, name, type)) return *node;
  throw Error(ErrorCode::kCorrupt,
              "the snapshot of a PostgreSQL cluster lacks '" + std::string(name) + "'");
}

pg::Description load_description(repo::Repository& repository, const repo::Node& node,
                                 const std::stop_token& stop) {
  if (node.size > kMaxDescription)
    throw Error(ErrorCode::kCorrupt, "backup.json of the snapshot is too large");
  std::string text;
  for (const BlobId& id : node.content) {
    const Buffer piece = repository.load_blob({repo::BlobType::kData, id}, stop);
    text += as_text(piece);
    if (text.size() > kMaxDescription)
      throw Error(ErrorCode::kCorrupt, "backup.json of the snapshot is too large");
  }
  return pg::decode_description(text);
}

}  // namespace

ClusterSnapshot open_cluster_snapshot(repo::Repository& repository, const repo::Snapshot& snapshot,
                                      const std::stop_token& stop) {
  constexpr auto kDirectory = repo::NodeType::kDirectory;
  if (snapshot.type() != "postgres")
    throw Error(ErrorCode::kInvalidArgument,
                "snapshot " + snapshot.id.short_hex() + " is not of a PostgreSQL cluster");
  const auto root = repository.load_tree(snapshot.tree, stop);
  const auto top =
      repository.load_tree(need_node(root, pg::kTopDirectory, kDirectory).subtree, stop);
  if (top.size() != 1 || top.front().type != kDirectory)
    throw Error(ErrorCode::kCorrupt, "the snapshot holds not just one PostgreSQL cluster");
  const std::string base = '/' + std::string(pg::kTopDirectory) + '/' + top.front().name;
  const auto parts = repository.load_tree(top.front().subtree, stop);

  ClusterSnapshot cluster;
  cluster.description = load_description(
      repository, need_node(parts, pg::kDescriptionFile, repo::NodeType::kFile), stop);
  cluster.data = need_node(parts, pg::kDataDirectory, kDirectory);
  cluster.data_path = base + '/' + std::string(pg::kDataDirectory);
  cluster.entries = repository.load_tree(cluster.data.subtree, stop);
  std::vector<repo::Node> spaces;
  if (const auto* node = find_node(parts, pg::kTablespacesDirectory, kDirectory))
    spaces = repository.load_tree(node->subtree, stop);
  for (const auto& known : cluster.description.tablespaces) {
    if (known.in_place) continue;
    ClusterSnapshot::Tablespace tablespace;
    tablespace.node = need_node(spaces, std::to_string(known.oid), kDirectory);
    tablespace.path =
        base + '/' + std::string(pg::kTablespacesDirectory) + '/' + tablespace.node.name;
    for (const auto& node : repository.load_tree(tablespace.node.subtree, stop))
      if (node.type == kDirectory) tablespace.versions.push_back(node.name);
    cluster.tablespaces.emplace(known.oid, std::move(tablespace));
  }
  return cluster;
}

}  // namespace pra::restore
