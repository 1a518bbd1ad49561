#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "repo/blob_writer.hpp"
#include "repo/tree.hpp"

namespace pra::backup {

/// A directory tree that is put together in memory and saved as tree blobs, leaves first.
class MemoryTree {
 public:
  MemoryTree() = default;
  /// The node of the tree's own directory; name and subtree are set by whoever holds it.
  explicit MemoryTree(repo::Node own) : own_(std::move(own)) {}

  [[nodiscard]] repo::Node& own() { return own_; }
  [[nodiscard]] const repo::Node& own() const { return own_; }

  /// Adds an entry by its path below this directory and returns the stored node, which never moves.
  /// Error(kCorrupt) when its parent is missing or the path is there already.
  repo::Node& add(const std::string& path, repo::Node node);
  /// Moves `tree` in as the directory `path`: a new one, or the content of an empty one.
  void graft(const std::string& path, MemoryTree tree);
  /// Makes `path` a symbolic link to `target`: a new one, or the one there points elsewhere.
  void link(const std::string& path, const std::string& target);
  /// Removes the symbolic links in the directory `path` that `is_wanted(name)` does not hold for.
  void remove_links(const std::string& path,
                    const std::function<bool(const std::string&)>& is_wanted);
  /// Null when there is no such entry.
  [[nodiscard]] const repo::Node* find(const std::string& path) const;
  /// The directory `path` itself; null when there is none.
  [[nodiscard]] const MemoryTree* directory(const std::string& path) const;
  [[nodiscard]] const std::map<std::string, std::unique_ptr<MemoryTree>>& children() const {
    return children_;
  }

  struct Totals {
    std::uint64_t files = 0;
    std::uint64_t directories = 0;
    std::uint64_t bytes = 0;
  };
  /// Saves every directory below and this one; returns this one's tree. Content ids must be final.
  [[nodiscard]] BlobId save(repo::BlobWriter::Worker& worker, Totals& totals);

 private:
  template <class Tree>
  [[nodiscard]] static Tree* descend(Tree* from, std::string_view path);

  repo::Node own_;
  std::map<std::string, std::unique_ptr<MemoryTree>> children_;
};

}  // namespace pra::backup
