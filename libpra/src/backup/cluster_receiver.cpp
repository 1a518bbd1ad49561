#include "backup/cluster_receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace pra::backup {

namespace pg = source::postgres;

namespace {

/// Segments of the write-ahead log are stored once and never change: larger pieces compress better.
constexpr std::size_t kLogPiece = std::size_t{1} << 20;
constexpr std::uint64_t kMaxFileSize = std::uint64_t{1} << 40;
constexpr std::size_t kMaxManifest = std::size_t{2} << 30;
constexpr std::size_t kMaxLabel = 4096;
constexpr std::string_view kLogDirectory = "pg_wal";
constexpr std::string_view kLabelFile = "backup_label";

[[noreturn]] void fail(const std::string& problem, std::string hint = {}) {
  throw Error(ErrorCode::kCorrupt, "base backup: " + problem, std::move(hint));
}

repo::Node node_of(const pg::TarEntry& entry) {
  repo::Node node;
  switch (entry.type) {
    case pg::TarType::kFile:
      node.type = repo::NodeType::kFile;
      break;
    case pg::TarType::kDirectory:
      node.type = repo::NodeType::kDirectory;
      break;
    case pg::TarType::kSymlink:
      node.type = repo::NodeType::kSymlink;
      break;
  }
  node.mode = entry.mode;
  node.uid = entry.uid;
  node.gid = entry.gid;
  node.user = entry.user;
  node.group = entry.group;
  node.size = entry.size;
  node.link_target = entry.link_target;
  node.modified = {entry.modified, 0};
  node.accessed = node.modified;
  node.changed = node.modified;
  return node;
}

/// Owner, mode and time of an archive's own directory, which the server does not send.
void take_metadata(repo::Node& node, const repo::Node& model) {
  node.type = repo::NodeType::kDirectory;
  node.mode = model.mode;
  node.uid = model.uid;
  node.gid = model.gid;
  node.user = model.user;
  node.group = model.group;
  node.modified = model.modified;
  node.accessed = model.accessed;
  node.changed = model.changed;
}

/// With these a restored standby would wait for its primary: the restored cluster is to be one of
/// its own. (pg_verifybackup does not miss them.)
bool is_signal(const std::string& path) {
  return path == "standby.signal" || path == "recovery.signal";
}

std::string tablespace_link(std::uint32_t oid) {
  return fmt::format("{}/{}", pg::kTablespaceLinks, oid);
}

}  // namespace

std::uint64_t page_group_for(std::uint64_t cluster_bytes) {
  constexpr std::uint64_t kGigabyte = 1'000'000'000;
  if (cluster_bytes < 100 * kGigabyte) return 64 * 1024;
  return cluster_bytes < 1000 * kGigabyte ? 128 * 1024 : 256 * 1024;
}

void ClusterReceiver::begin_backup(const pg::BaseBackupStart& start) {
  start_ = start;
  for (const auto& tablespace : start.tablespaces)
    bytes_expected_ += tablespace.size;
  if (options_.page_group == 0) options_.page_group = page_group_for(bytes_expected_);
  progress_.begin_phase("backup", 0, bytes_expected_);
  pipeline_.emplace(writer_, options_.workers,
                    std::max<std::size_t>(options_.page_group, kLogPiece), progress_);
}

void ClusterReceiver::begin_archive(std::size_t index) {
  if (index != archives_.size()) fail("archives out of order");
  archives_.emplace_back();
  archives_.back().own().type = repo::NodeType::kDirectory;
  reader_.emplace(static_cast<pg::TarHandler&>(*this));
}

void ClusterReceiver::end_archive() {
  reader_->finish();
  MemoryTree& tree = archives_.back();
  const pg::Tablespace& tablespace = start_.tablespaces[archives_.size() - 1];
  const repo::Node* model = nullptr;
  if (tablespace.oid == 0) {
    model = tree.find("base");
    if (model == nullptr) fail("the data directory has no folder 'base'");
  } else {
    for (const auto& [name, child] : tree.children())
      if (name.starts_with("PG_")) model = &child->own();
    // A server skips silently a location that it cannot find.
    if (model == nullptr)
      fail(fmt::format("the server sent nothing of tablespace {} in '{}'", tablespace.oid,
                       printable(tablespace.location)),
           "the links in pg_tblspc must be absolute; if it was dropped meanwhile, run it again");
  }
  take_metadata(tree.own(), *model);
}

void ClusterReceiver::begin_file(const std::string& path, repo::Node& node) {
  if (node.size > kMaxFileSize) fail("a file of more than 1 TiB: '" + printable(path) + "'");
  const bool is_log = is_data_directory() && path.starts_with(kLogDirectory);
  pipeline_->begin_file(node.size, is_log ? kLogPiece : options_.page_group, node.content);
  if (is_log) {  // Not in the server's estimate.
    bytes_expected_ += node.size;
    progress_.set_totals(0, bytes_expected_);
  }
  progress_.set_current(path);
}

void ClusterReceiver::begin_entry(const pg::TarEntry& entry) {
  skipping_ = is_data_directory() && is_signal(entry.path);
  if (skipping_) return;
  repo::Node& node = archives_.back().add(entry.path, node_of(entry));
  in_label_ = is_data_directory() && entry.path == kLabelFile;
  if (entry.type == pg::TarType::kFile) begin_file(entry.path, node);
}

void ClusterReceiver::content(ByteView bytes) {
  if (skipping_) return;
  pipeline_->append(bytes);
  if (!in_label_) return;
  label_ += as_text(bytes);
  if (label_.size() > kMaxLabel) fail("backup_label is too long");
}

void ClusterReceiver::manifest_content(ByteView bytes) {
  if (manifest_.size() + bytes.size() > kMaxManifest) fail("the manifest is too large");
  manifest_check_.update(bytes);
  append(manifest_, bytes);
}

/// The manifest arrives outside of the archives, and its size is known only now.
void ClusterReceiver::add_manifest() {
  manifest_check_.finish();
  MemoryTree& data = archives_.back();
  const repo::Node* model = data.find(std::string(kLabelFile));
  if (model == nullptr) fail("the data directory has no backup_label");
  repo::Node node = *model;
  node.size = manifest_.size();
  node.content.clear();
  repo::Node& added = data.add("backup_manifest", std::move(node));
  begin_file(added.name, added);
  pipeline_->append(manifest_);
}

void ClusterReceiver::check_log(const pg::BaseBackupEnd& end, std::uint64_t segment_size) const {
  const MemoryTree* log = archives_.back().directory(std::string(kLogDirectory));
  if (log == nullptr) fail("the data directory has no pg_wal");
  // By number alone: a segment may belong to a timeline before the present one.
  std::vector<std::string> names;
  for (const auto& [name, child] : log->children())
    if (child->own().size == segment_size && name.size() == 24) names.push_back(name.substr(8));
  std::sort(names.begin(), names.end());
  for (auto segment = pg::segment_of(start_.lsn, segment_size);
       segment <= pg::last_segment_before(end.lsn, segment_size); ++segment) {
    const std::string name = pg::segment_name(end.timeline, segment, segment_size);
    if (!std::binary_search(names.begin(), names.end(), name.substr(8)))
      fail("segment " + name + " of the write-ahead log is missing", "run it again");
  }
}

MemoryTree ClusterReceiver::link_tablespaces(pg::Description& description) {
  MemoryTree& data = archives_.back();
  MemoryTree whole(data.own());
  MemoryTree tablespaces(data.own());
  for (std::size_t i = 0; i + 1 < archives_.size(); ++i) {
    const pg::Tablespace& from = start_.tablespaces[i];
    pg::Description::Tablespace tablespace{from.oid, from.location, false};
    const std::string link = tablespace_link(from.oid);
    if (data.directory(link) != nullptr) {
      tablespace.in_place = true;
      data.graft(link, std::move(archives_[i]));
    } else {
      data.link(link, fmt::format("../../{}/{}", pg::kTablespacesDirectory, from.oid));
      tablespaces.graft(std::to_string(from.oid), std::move(archives_[i]));
    }
    description.tablespaces.push_back(std::move(tablespace));
  }
  // Tablespaces that came up meanwhile: the log makes them again, links and all.
  data.remove_links(std::string(pg::kTablespaceLinks), [&](const std::string& name) {
    return std::any_of(start_.tablespaces.begin(), start_.tablespaces.end(),
                       [&](const auto& known) { return std::to_string(known.oid) == name; });
  });
  whole.graft(std::string(pg::kDataDirectory), std::move(data));
  if (!tablespaces.children().empty())
    whole.graft(std::string(pg::kTablespacesDirectory), std::move(tablespaces));
  return whole;
}

MemoryTree ClusterReceiver::finish(const pg::BaseBackupEnd& end, pg::Description& description) {
  if (archives_.empty() || archives_.size() != start_.tablespaces.size())
    fail("an archive is missing");
  if (label_.empty()) fail("backup_label is missing");
  if (archives_.back().find(std::string(pg::kControlFile)) == nullptr)
    fail("pg_control is missing");
  check_log(end, description.wal_segment_size);
  add_manifest();
  pipeline_->finish();
  description.start_lsn = start_.lsn;
  description.end_lsn = end.lsn;
  description.timeline = end.timeline;
  description.page_group = options_.page_group;
  description.from_standby = label_.find("\nBACKUP FROM: standby\n") != std::string::npos;
  return link_tablespaces(description);
}

}  // namespace pra::backup
