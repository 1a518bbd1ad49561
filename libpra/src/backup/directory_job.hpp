#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
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
  std::shared_ptr<DirectoryJob> parent;  ///< Null for the root of the snapshot.
  std::string* slot = nullptr;           ///< Where its encoded node goes, in the parent's output.
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
  /// Encoded nodes in order, one list a batch, each string one node or several with commas between;
  /// empty for what was left out. Threads write to different lists, or strings of them.
  std::vector<std::list<std::string>> output;

  std::atomic<std::size_t> users = 0;    ///< Batches, and entries to be opened later.
  std::atomic<std::size_t> pending = 0;  ///< Batches, subdirectories and large files to come.

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
