#include "backup/parent_snapshot.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/host.hpp"

namespace pra::backup {
namespace {

using std::chrono::milliseconds;

/// The kernel stamps files with the time of its last tick, which is up to 10 ms old (HZ=100).
constexpr Duration kClockTick = milliseconds(20);
/// Where no time has a fraction the file system keeps whole seconds, or two as FAT does.
constexpr Duration kWholeSeconds = milliseconds(2'000);

}  // namespace

ParentSnapshot::ParentSnapshot(repo::Repository& repository,
                               const std::optional<repo::Snapshot>& snapshot)
    : repository_(repository) {
  if (!snapshot) return;
  exists_ = true;
  same_user_ = snapshot->uid == current_identity().uid;
  root_ = snapshot->tree;
  began_ = snapshot->time;
  // The snapshot's time may have been given by hand.
  if (snapshot->summary && snapshot->summary->backup_start < began_)
    began_ = snapshot->summary->backup_start;
}

std::vector<repo::Node> ParentSnapshot::root(const std::stop_token& stop) const {
  if (!exists_) return {};
  return load(root_, "/", stop);
}

std::vector<repo::Node> ParentSnapshot::entries(const repo::Node& directory,
                                                const std::stop_token& stop) const {
  if (directory.type != repo::NodeType::kDirectory || directory.subtree.is_null()) return {};
  return load(directory.subtree, directory.name, stop);
}

std::vector<repo::Node> ParentSnapshot::load(const BlobId& tree, std::string_view name,
                                             const std::stop_token& stop) const {
  try {
    return repository_.load_tree(tree, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound && error.code() != ErrorCode::kCorrupt) throw;
    repository_.logger().warning("cannot compare with the parent snapshot's directory " +
                                 printable(name) +
                                 ", so its files are read again: " + error.what());
    return {};
  }
}

bool ParentSnapshot::is_unchanged(const struct stat& status, const repo::Node& previous) const {
  const auto modified = to_timestamp(status.st_mtim);
  const auto changed = to_timestamp(status.st_ctim);
  if (previous.type != repo::NodeType::kFile ||
      previous.size != static_cast<std::uint64_t>(status.st_size) ||
      previous.modified != modified || previous.changed != changed ||
      previous.inode != status.st_ino)
    return false;
  const bool whole_seconds = modified.nanoseconds == 0 && changed.nanoseconds == 0;
  const auto trusted = began_.plus(whole_seconds ? -kWholeSeconds : -kClockTick);
  if (modified >= trusted || changed >= trusted) return false;
  const auto& index = repository_.index();
  return std::all_of(previous.content.begin(), previous.content.end(), [&](const BlobId& id) {
    return index.contains({repo::BlobType::kData, id});
  });
}

}  // namespace pra::backup
