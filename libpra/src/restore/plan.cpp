#include "restore/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace pra::restore {
namespace {

constexpr std::size_t kNameBlock = 64U << 10;
constexpr std::size_t kLongestName = 0xffff;

}  // namespace

Plan::Plan() {
  Entry root;
  root.type = repo::NodeType::kDirectory;
  root.name = "";
  root.mode = 0700;
  root.selected = false;
  entries_.push_back(root);
}

std::string Plan::path(EntryNumber number) const {
  std::vector<std::string_view> parts;
  std::size_t length = 0;
  for (; number != 0; number = entries_[number].parent) {
    parts.push_back(entries_[number].name_view());
    length += parts.back().size() + 1;
  }
  std::string out;
  out.reserve(length);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!out.empty()) out += '/';
    out += *part;
  }
  return out;
}

EntryExtra& Plan::make_extra(Entry& entry) {
  if (entry.extra == kNothing) {
    entry.extra = static_cast<std::uint32_t>(extras_.size());
    extras_.emplace_back();
  }
  return extras_[entry.extra];
}

EntryNumber Plan::add(const repo::Node& node, EntryNumber parent) {
  if (entries_.size() >= kNothing || contents_.size() + node.content.size() >= kNothing)
    throw Error(ErrorCode::kUnsupported, "the snapshot has more than 4 billion entries or blobs");
  if (node.name.size() > kLongestName)
    throw Error(ErrorCode::kCorrupt, fmt::format("a name of {} bytes", node.name.size()));
  Entry entry;
  entry.modified = node.modified;
  entry.accessed = node.accessed;
  entry.size = node.size;
  entry.name = keep_name(node.name);
  entry.name_length = static_cast<std::uint16_t>(node.name.size());
  entry.parent = parent;
  entry.uid = node.uid;
  entry.gid = node.gid;
  entry.mode = static_cast<std::uint16_t>(node.mode & 07777);
  entry.type = node.type;
  if (entry.is_file()) {
    entry.first_content = static_cast<std::uint32_t>(contents_.size());
    entry.content_count = static_cast<std::uint32_t>(node.content.size());
    contents_.insert(contents_.end(), node.content.begin(), node.content.end());
  }
  if (!node.link_target.empty() || !node.extended_attributes.empty() || node.device != 0) {
    auto& extra = make_extra(entry);
    extra.link_target = node.link_target;
    extra.attributes = node.extended_attributes;
    extra.device = node.device;
  }
  entries_.push_back(entry);
  return static_cast<EntryNumber>(entries_.size() - 1);
}

EntryNumber Plan::find(std::string_view path) const {
  EntryNumber at = 0;
  while (!path.empty()) {
    const auto name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const auto& directory = entries_[at];
    at = kNothing;
    for (std::uint32_t i = 0; i < directory.child_count && at == kNothing; ++i)
      if (entries_[directory.first_child + i].name_view() == name) at = directory.first_child + i;
    if (at == kNothing) return kNothing;
  }
  return at;
}

const char* Plan::keep_name(std::string_view name) {
  if (name.size() > name_room_) {
    const auto room = std::max(kNameBlock, name.size());
    name_blocks_.push_back(std::make_unique_for_overwrite<char[]>(room));
    name_end_ = name_blocks_.back().get();
    name_room_ = room;
  }
  char* const kept = name_end_;
  if (!name.empty()) std::memcpy(kept, name.data(), name.size());
  name_end_ += name.size();
  name_room_ -= name.size();
  return kept;
}

}  // namespace pra::restore
