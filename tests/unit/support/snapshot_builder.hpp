#pragma once

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repo/blob_writer.hpp"
#include "repo/repository.hpp"
#include "repo/tree.hpp"

namespace pra::test {

inline std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

/// Makes snapshots of trees that exist nowhere else: entries are named by paths such as "a/b", and
/// the directories on the way to them are made. Whatever a hostile repository may hold can be put
/// in.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(repo::Repository& repository, std::size_t pack_size = 1 << 20)
      : repository_(repository),
        writer_(repository, options(pack_size), {}),
        worker_(writer_.make_worker()) {
    top_.node = node("", repo::NodeType::kDirectory);
  }

  static repo::Node node(const std::string& name, repo::NodeType type) {
    repo::Node out;
    out.name = name;
    out.type = type;
    out.mode = type == repo::NodeType::kDirectory ? 0755 : 0644;
    out.modified = out.accessed = out.changed = {1'700'000'000, 123'456'789};
    out.uid = ::geteuid();
    out.gid = ::getegid();
    out.links = 1;
    return out;
  }

  BlobId blob(std::string_view content) {
    return worker_.save(repo::BlobType::kData, as_bytes(content));
  }
  BlobId tree_blob(std::string_view text) {
    return worker_.save(repo::BlobType::kTree, as_bytes(text));
  }

  /// A file of these blobs; returns its node for changes.
  repo::Node& file(const std::string& path, const std::vector<std::string>& blobs) {
    auto& made = place(path, repo::NodeType::kFile);
    for (const auto& content : blobs) {
      if (content.empty()) continue;
      made.content.push_back(blob(content));
      made.size += content.size();
    }
    return made;
  }
  repo::Node& file(const std::string& path, const std::string& content) {
    return file(path, std::vector{content});
  }
  repo::Node& directory(const std::string& path) { return place(path, repo::NodeType::kDirectory); }
  repo::Node& symlink(const std::string& path, const std::string& target) {
    auto& made = place(path, repo::NodeType::kSymlink);
    made.mode = 0777;
    made.link_target = target;
    return made;
  }
  repo::Node& other(const std::string& path, repo::NodeType type) { return place(path, type); }

  /// Stores the trees and the snapshot; call once.
  repo::Snapshot finish() {
    repo::Snapshot snapshot;
    snapshot.tree = save(top_);
    writer_.finish();
    snapshot.time = {1'700'000'100, 0};
    snapshot.paths = {"/"};
    snapshot.hostname = "host";
    snapshot.id = repository_.save_snapshot(snapshot, {});
    return snapshot;
  }

 private:
  struct Place {
    repo::Node node;
    std::map<std::string, std::unique_ptr<Place>> children;
  };

  static repo::BlobWriterOptions options(std::size_t pack_size) {
    repo::BlobWriterOptions out;
    out.pack_size = pack_size;
    return out;
  }

  repo::Node& place(const std::string& path, repo::NodeType type) {
    Place* at = &top_;
    for (const auto& part : split_path(path)) {
      auto& child = at->children[part];
      if (!child) {
        child = std::make_unique<Place>();
        child->node = node(part, repo::NodeType::kDirectory);
      }
      at = child.get();
    }
    if (at->node.type != type) at->node = node(at->node.name, type);
    return at->node;
  }

  BlobId save(Place& directory) {
    std::vector<repo::Node> nodes;
    for (auto& [name, child] : directory.children) {
      if (child->node.type == repo::NodeType::kDirectory && child->node.subtree.is_null())
        child->node.subtree = save(*child);
      nodes.push_back(child->node);
    }
    return tree_blob(repo::encode_tree(nodes));
  }

  repo::Repository& repository_;
  repo::BlobWriter writer_;
  repo::BlobWriter::Worker worker_;
  Place top_;
};

}  // namespace pra::test
