#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace pra::repo {

enum class NodeType : std::uint8_t {
  kFile,
  kDirectory,
  kSymlink,
  kDevice,
  kCharacterDevice,
  kFifo,
  kSocket,
  kIrregular
};
/// As trees spell it: "file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular".
[[nodiscard]] std::string_view node_type_name(NodeType type);

/// One entry of a directory. `mode` is the system's st_mode permission bits with setuid, setgid and
/// sticky (07777); Go's FileMode exists only in the encoding.
struct Node {
  std::string name;  ///< Bytes.
  NodeType type = NodeType::kFile;
  std::uint32_t mode = 0;
  Timestamp modified;
  Timestamp accessed;
  Timestamp changed;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string user;
  std::string group;
  std::uint64_t inode = 0;
  std::uint64_t device_id = 0;
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  std::string link_target;  ///< Bytes.
  std::vector<ExtendedAttribute> extended_attributes;
  std::uint64_t device = 0;
  std::vector<BlobId> content;  ///< Of a file, in order.
  BlobId subtree;               ///< Of a directory; null otherwise.
  std::string error;
  /// generic_attributes as found in a tree that we read: raw JSON, kept for faithful copies.
  std::string generic_attributes;
};

/// Appends the JSON object of a node, exactly as restic writes it (order, escapes, omissions).
void encode_node(const Node& node, std::string& out);
/// The plaintext of a tree blob: `{"nodes":[…]}` and a newline. `nodes` must be strictly ascending
/// by name; Error(kInvalidArgument) otherwise.
[[nodiscard]] std::string encode_tree(const std::vector<Node>& nodes);
/// The same from nodes encoded before (each by encode_node), in order: for large directories.
[[nodiscard]] std::string encode_tree(const std::vector<std::string>& encoded_nodes);

/// The same from encoded nodes as they come, in order: a large directory then takes its encoded
/// size once.
class TreeText {
 public:
  TreeText();
  /// One encoded node, or several with commas between.
  void add(std::string_view nodes);
  /// Makes room for so many bytes of nodes.
  void reserve(std::size_t size) { text_.reserve(size); }
  [[nodiscard]] bool empty() const;
  /// The plaintext; the object is used up.
  [[nodiscard]] std::string finish();

 private:
  std::string text_;
};

/// Reads a tree blob, hostile until checked: names with '/', NUL, "." or "..", empty or repeated
/// names are Error(kCorrupt). Unsorted names are accepted and sorted (old restic versions).
[[nodiscard]] std::vector<Node> decode_tree(std::string_view text);

/// Go's strconv.Quote without the outer quotes, and back: how names appear inside trees.
[[nodiscard]] std::string quote_name(std::string_view raw);
[[nodiscard]] std::string unquote_name(std::string_view quoted);

}  // namespace pra::repo
