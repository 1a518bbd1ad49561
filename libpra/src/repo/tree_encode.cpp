#include <array>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "repo/node_format.hpp"
#include "repo/tree.hpp"

namespace pra::repo {

std::string_view node_type_name(NodeType type) {
  return kNodeTypeNames[static_cast<std::size_t>(type)];
}

namespace {

/// The bits of Go's os.FileMode that follow from the type.
std::uint32_t type_bits(NodeType type) {
  switch (type) {
    case NodeType::kFile:
      return 0;
    case NodeType::kDirectory:
      return go_mode::kDirectory;
    case NodeType::kSymlink:
      return go_mode::kSymlink;
    case NodeType::kDevice:
      return go_mode::kDevice;
    case NodeType::kCharacterDevice:
      return go_mode::kDevice | go_mode::kCharacterDevice;
    case NodeType::kFifo:
      return go_mode::kFifo;
    case NodeType::kSocket:
      return go_mode::kSocket;
    case NodeType::kIrregular:
      return go_mode::kIrregular;
  }
  return 0;
}

std::uint32_t to_go_mode(const Node& node) {
  std::uint32_t mode = type_bits(node.type) | (node.mode & 0777);
  if ((node.mode & 04000) != 0) mode |= go_mode::kSetuid;
  if ((node.mode & 02000) != 0) mode |= go_mode::kSetgid;
  if ((node.mode & 01000) != 0) mode |= go_mode::kSticky;
  return mode;
}

bool needs_no_quoting(std::string_view name) {
  for (const char c : name)
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  return true;
}

void add_id(std::string& out, const BlobId& id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 66> text;
  text.front() = text.back() = '"';
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    text[1 + 2 * i] = kDigits[id.bytes[i] >> 4];
    text[2 + 2 * i] = kDigits[id.bytes[i] & 15];
  }
  out.append(text.data(), text.size());
}

/// The three times; most are equal, and writing one costs more than copying it.
void add_times(std::string& out, const Node& node) {
  std::string text;
  append_rfc3339(text, node.modified);
  out.append(",\"mtime\":\"").append(text);
  const auto add = [&](std::string_view member, const Timestamp& time) {
    out += member;
    if (time == node.modified) {
      out += text;
    } else {
      append_rfc3339(out, time);
    }
  };
  add("\",\"atime\":\"", node.accessed);
  add("\",\"ctime\":\"", node.changed);
  out += '"';
}

void add_number(JsonText& json, std::string_view member, std::uint64_t value) {
  if (value != 0) json.raw(member).number(value);
}

void add_string(JsonText& json, std::string_view member, std::string_view value) {
  if (!value.empty()) json.raw(member).string(value);
}

void add_extended_attributes(JsonText& json, const std::vector<ExtendedAttribute>& attributes) {
  if (attributes.empty()) return;
  std::string_view separator = ",\"extended_attributes\":[";
  for (const auto& [name, value] : attributes) {
    json.raw(separator).raw("{\"name\":").string(name);
    json.raw(",\"value\":\"").raw(to_base64(value)).raw("\"}");
    separator = ",";
  }
  json.raw("]");
}

void add_content(std::string& out, const Node& node) {
  if (node.type != NodeType::kFile) {
    out += ",\"content\":null";
    return;
  }
  out += ",\"content\":[";
  for (const BlobId& id : node.content) {
    add_id(out, id);
    out += ',';
  }
  if (!node.content.empty()) out.pop_back();
  out += ']';
}

constexpr std::string_view kTreeStart = "{\"nodes\":[";
constexpr std::string_view kTreeEnd = "]}\n";

}  // namespace

void encode_node(const Node& node, std::string& out) {
  JsonText json(out);
  json.raw("{\"name\":");
  json.string(needs_no_quoting(node.name) ? std::string_view(node.name)
                                          : std::string_view(quote_name(node.name)));
  json.raw(",\"type\":\"").raw(node_type_name(node.type)).raw("\"");
  add_number(json, ",\"mode\":", to_go_mode(node));
  add_times(out, node);
  json.raw(",\"uid\":").number(std::uint64_t{node.uid});
  json.raw(",\"gid\":").number(std::uint64_t{node.gid});
  add_string(json, ",\"user\":", node.user);
  add_string(json, ",\"group\":", node.group);
  add_number(json, ",\"inode\":", node.inode);
  add_number(json, ",\"device_id\":", node.device_id);
  add_number(json, ",\"size\":", node.size);
  add_number(json, ",\"links\":", node.links);
  add_string(json, ",\"linktarget\":", node.link_target);
  if (!node.link_target.empty() && !utf8::is_valid(node.link_target))
    json.raw(",\"linktarget_raw\":\"").raw(to_base64(as_bytes(node.link_target))).raw("\"");
  add_extended_attributes(json, node.extended_attributes);
  if (!node.generic_attributes.empty())
    json.raw(",\"generic_attributes\":").raw(node.generic_attributes);
  add_number(json, ",\"device\":", node.device);
  add_content(out, node);
  if (!node.subtree.is_null()) {
    out += ",\"subtree\":";
    add_id(out, node.subtree);
  }
  add_string(json, ",\"error\":", node.error);
  out += '}';
}

std::string encode_tree(const std::vector<Node>& nodes) {
  std::string out(kTreeStart);
  const std::string* previous = nullptr;
  for (const Node& node : nodes) {
    if (node.name.empty() || (previous != nullptr && *previous >= node.name))
      throw Error(ErrorCode::kInvalidArgument,
                  "the entries of a directory are not in order at " + printable(node.name));
    if (previous != nullptr) out += ',';
    previous = &node.name;
    encode_node(node, out);
  }
  return out.append(kTreeEnd);
}

std::string encode_tree(const std::vector<std::string>& encoded_nodes) {
  std::size_t size = kTreeStart.size() + kTreeEnd.size();
  for (const auto& node : encoded_nodes)
    size += node.size() + 1;
  TreeText text;
  text.reserve(size);
  for (const auto& node : encoded_nodes)
    text.add(node);
  return text.finish();
}

TreeText::TreeText() : text_(kTreeStart) {}

bool TreeText::empty() const {
  return text_.size() == kTreeStart.size();
}

void TreeText::add(std::string_view nodes) {
  if (!empty()) text_ += ',';
  text_ += nodes;
}

std::string TreeText::finish() {
  text_ += kTreeEnd;
  return std::move(text_);
}

}  // namespace pra::repo
