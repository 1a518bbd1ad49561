#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/directory.hpp"
#include "repo/tree.hpp"
#include "source/files/targets.hpp"

namespace pra::backup {

/// A directory that is being backed up. Its entries are handled in batches, by any thread; the last
/// one that ends makes the tree. Only what the comments name is changed by more than one thread.
struct DirectoryJob {
  /// A run of entries. Its encoded nodes are in order, each string one node or several with commas
  /// between, empty for what was left out; threads write to different strings.
  struct Batch {
    std::list<std::string> nodes;
    std::atomic<std::size_t> pending = 1;  ///< Itself, subdirectories and large files to come.
  };

  std::shared_ptr<DirectoryJob> parent;  ///< Null for the root of the snapshot.
  std::size_t batch = 0;                 ///< Its batch in the parent.
  std::string* slot = nullptr;           ///< Where its encoded node goes, in that batch.
  std::string name;
  std::string path;
  /// What was asked for here and below; null below what was asked for.
  const source::Target* target = nullptr;
  std::optional<repo::Node> previous;  ///< Its node in the parent snapshot.
  dev_t device = 0;                    ///< The file system that --one-file-system stays on.

  std::optional<Directory> directory;  ///< Open until its last entry has been opened.
  repo::Node node;                     ///< All but the subtree.
  std::vector<DirectoryEntry> entries;
  std::vector<repo::Node> previous_entries;
  std::atomic<std::size_t> users = 0;  ///< Batches, and entries to be opened later.

  std::deque<Batch> batches;
  std::mutex mutex;         ///< Of what follows.
  std::size_t settled = 0;  ///< Batches whose nodes are in the tree.
  repo::TreeText tree;

  /// Whether named paths lie below: then it is a directory whatever leads to it, symbolic links
  /// too.
  [[nodiscard]] bool is_on_the_way() const {
    return target != nullptr && !target->children.empty();
  }

  /// Gives back what the entries needed, once nobody needs it any more.
  void release() {
    if (users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    directory.reset();
    entries = {};
    previous_entries = {};
  }

  /// Moves the nodes of complete batches into the tree, in order. True for the call after which all
  /// are there.
  [[nodiscard]] bool settle() {
    const std::scoped_lock lock(mutex);
    const auto before = settled;
    for (; settled < batches.size() && batches[settled].pending == 0; ++settled) {
      auto& nodes = batches[settled].nodes;
      for (const auto& piece : nodes)
        if (!piece.empty()) tree.add(piece);
      if (settled == 0 && batches.size() > 1 && !nodes.empty())
        tree.reserve(nodes.front().size() * batches.size() / 4 * 5);
      nodes.clear();
    }
    return settled == batches.size() && settled != before;
  }
};

using DirectoryPointer = std::shared_ptr<DirectoryJob>;

/// Collects the encoded nodes of one batch.
class NodeOutput {
 public:
  /// `buffer` is the thread's and is reused.
  NodeOutput(std::list<std::string>& out, std::string& buffer) : out_(out), buffer_(buffer) {
    buffer_.clear();
  }

  void add(const repo::Node& node) {
    if (!buffer_.empty()) buffer_ += ',';
    repo::encode_node(node, buffer_);
  }
  /// A place for a node that is known later.
  [[nodiscard]] std::string* reserve() {
    flush();
    return &out_.emplace_back();
  }
  void flush() {
    if (!buffer_.empty()) out_.push_back(buffer_);
    buffer_.clear();
  }

 private:
  std::list<std::string>& out_;
  std::string& buffer_;
};

}  // namespace pra::backup
