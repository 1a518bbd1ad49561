#include <algorithm>

#include "base/error.hpp"
#include "repo/json_cursor.hpp"
#include "repo/node_format.hpp"
#include "repo/tree.hpp"

namespace pra::repo {

namespace {

enum class Field {
  kName,
  kType,
  kMode,
  kModified,
  kAccessed,
  kChanged,
  kUid,
  kGid,
  kUser,
  kGroup,
  kInode,
  kDeviceId,
  kSize,
  kLinks,
  kLinkTarget,
  kLinkTargetRaw,
  kExtendedAttributes,
  kGenericAttributes,
  kDevice,
  kContent,
  kSubtree,
  kError,
  kUnknown
};

/// In the order in which they are written.
constexpr std::array<std::string_view, 22> kFields = {"name",
                                                      "type",
                                                      "mode",
                                                      "mtime",
                                                      "atime",
                                                      "ctime",
                                                      "uid",
                                                      "gid",
                                                      "user",
                                                      "group",
                                                      "inode",
                                                      "device_id",
                                                      "size",
                                                      "links",
                                                      "linktarget",
                                                      "linktarget_raw",
                                                      "extended_attributes",
                                                      "generic_attributes",
                                                      "device",
                                                      "content",
                                                      "subtree",
                                                      "error"};

/// Looks for the key from `expected` on, where it nearly always is.
Field find_field(std::string_view key, std::size_t& expected) {
  for (std::size_t tried = 0; tried < kFields.size(); ++tried) {
    const std::size_t i = (expected + tried) % kFields.size();
    if (kFields[i] == key) {
      expected = i + 1;
      return static_cast<Field>(i);
    }
  }
  return Field::kUnknown;
}

NodeType parse_type(std::string_view name) {
  const auto* const found = std::find(kNodeTypeNames.begin(), kNodeTypeNames.end(), name);
  // A type of a later format: the entry is there, and nobody can restore it.
  if (found == kNodeTypeNames.end()) return NodeType::kIrregular;
  return static_cast<NodeType>(found - kNodeTypeNames.begin());
}

std::uint32_t from_go_mode(std::uint32_t mode) {
  return (mode & 0777) | ((mode & go_mode::kSetuid) != 0 ? 04000u : 0u) |
         ((mode & go_mode::kSetgid) != 0 ? 02000u : 0u) |
         ((mode & go_mode::kSticky) != 0 ? 01000u : 0u);
}

class TreeReader {
 public:
  explicit TreeReader(std::string_view text) : size_(text.size()), json_(text, "tree") {}

  std::vector<Node> read() {
    json_.object([&](std::string_view key) {
      if (key != "nodes") {
        json_.skip();
      } else if (!json_.null()) {
        // A node takes 250 bytes at least; wrong guesses only cost a reallocation.
        nodes_.reserve(nodes_.size() + size_ / 320);
        json_.array([&] { read_node(nodes_.emplace_back()); });
      }
    });
    json_.end();
    check_order();
    return std::move(nodes_);
  }

 private:
  void read_node(Node& node) {
    std::size_t expected = 0;
    std::string link_target_raw;
    json_.object([&](std::string_view key) {
      const Field field = find_field(key, expected);
      if (field == Field::kUnknown) {
        json_.skip();
      } else if (field != Field::kContent || !json_.null()) {
        read_field(node, field, link_target_raw);
      }
    });
    if (!link_target_raw.empty()) node.link_target = std::move(link_target_raw);
    check_name(node.name);
  }

  void read_field(Node& node, Field field, std::string& link_target_raw) {
    switch (field) {
      case Field::kName:
        return read_name(node.name);
      case Field::kType:
        node.type = parse_type(json_.string());
        return;
      case Field::kMode:
        node.mode = from_go_mode(json_.unsigned_32());
        return;
      case Field::kModified:
        return read_time(node.modified);
      case Field::kAccessed:
        return read_time(node.accessed);
      case Field::kChanged:
        return read_time(node.changed);
      case Field::kUid:
        node.uid = json_.unsigned_32();
        return;
      case Field::kGid:
        node.gid = json_.unsigned_32();
        return;
      case Field::kUser:
        node.user = json_.string();
        return;
      case Field::kGroup:
        node.group = json_.string();
        return;
      case Field::kInode:
        node.inode = json_.unsigned_integer();
        return;
      case Field::kDeviceId:
        node.device_id = json_.unsigned_integer();
        return;
      case Field::kSize:
        node.size = json_.unsigned_integer();
        return;
      case Field::kLinks:
        node.links = json_.unsigned_integer();
        return;
      case Field::kLinkTarget:
        node.link_target = json_.string();
        return;
      case Field::kLinkTargetRaw:
        link_target_raw = as_text(read_base64());
        return;
      case Field::kExtendedAttributes:
        return read_extended_attributes(node.extended_attributes);
      case Field::kGenericAttributes:
        if (const auto raw = json_.skip(); raw != "null") node.generic_attributes = raw;
        return;
      case Field::kDevice:
        node.device = json_.unsigned_integer();
        return;
      case Field::kContent:
        json_.array([&] { node.content.push_back(read_id()); });
        return;
      case Field::kSubtree:
        if (!json_.null()) node.subtree = read_id();
        return;
      case Field::kError:
        node.error = json_.string();
        return;
      case Field::kUnknown:
        return;
    }
  }

  void read_name(std::string& name) {
    const std::string_view quoted = json_.string();
    if (quoted.find_first_of("\\\"\n") == std::string_view::npos) {
      name = quoted;
    } else {
      name = unquote_name(quoted);
    }
  }

  void read_time(Timestamp& time) {
    try {
      time = parse_rfc3339(json_.string());
    } catch (const Error& error) {
      json_.fail(error.what());
    }
  }

  BlobId read_id() {
    BlobId id;
    if (!BlobId::parse(json_.string(), id)) json_.fail("not a SHA-256 id");
    return id;
  }

  Buffer read_base64() {
    if (json_.null()) return {};
    try {
      return from_base64(json_.string());
    } catch (const Error& error) {
      json_.fail(error.what());
    }
  }

  void read_extended_attributes(std::vector<ExtendedAttribute>& attributes) {
    if (json_.null()) return;
    json_.array([&] {
      auto& attribute = attributes.emplace_back();
      std::string& name = attribute.first;
      Buffer& value = attribute.second;
      json_.object([&](std::string_view key) {
        if (key == "name") {
          name = json_.string();
        } else if (key == "value") {
          value = read_base64();
        } else {
          json_.skip();
        }
      });
      if (name.empty() || name.find('\0') != std::string::npos)
        json_.fail("an extended attribute with an impossible name");
    });
  }

  void check_name(std::string_view name) {
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos)
      throw Error(ErrorCode::kCorrupt,
                  "tree: an entry has an impossible name: '" + printable(name.substr(0, 80)) + "'");
  }

  void check_order() {
    const auto by_name = [](const Node& a, const Node& b) { return a.name < b.name; };
    // restic before 0.9 sorted differently.
    if (!std::is_sorted(nodes_.begin(), nodes_.end(), by_name))
      std::sort(nodes_.begin(), nodes_.end(), by_name);
    const auto same =
        std::adjacent_find(nodes_.begin(), nodes_.end(),
                           [](const Node& a, const Node& b) { return a.name == b.name; });
    if (same != nodes_.end())
      throw Error(ErrorCode::kCorrupt,
                  "tree: two entries have the name '" + printable(same->name.substr(0, 80)) + "'");
  }

  std::size_t size_;
  JsonCursor json_;
  std::vector<Node> nodes_;
};

}  // namespace

std::vector<Node> decode_tree(std::string_view text) {
  return TreeReader(text).read();
}

}  // namespace pra::repo
