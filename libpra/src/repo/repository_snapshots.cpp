#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/parallel.hpp"
#include "repo/repository_implementation.hpp"

namespace pra::repo {

namespace {

constexpr std::size_t kShownCandidates = 3;
/// Fewer files are read sooner by one thread than further threads are started.
constexpr std::size_t kFilesPerThread = 16;

bool is_older(const Snapshot& a, const Snapshot& b) {
  return a.time != b.time ? a.time < b.time : a.id < b.id;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string newest_names(const std::vector<Snapshot>& snapshots) {
  std::string names;
  for (std::size_t i = 0; i < snapshots.size() && i < kShownCandidates; ++i) {
    const Snapshot& snapshot = snapshots[snapshots.size() - 1 - i];
    names += fmt::format("{}{} ({})", i > 0 ? ", " : "", snapshot.id.short_hex(),
                         format_local(snapshot.time));
  }
  return names;
}

bool is_empty(const SnapshotFilter& filter) {
  return filter.host.empty() && filter.source.empty() && filter.tags.empty() &&
         filter.paths.empty();
}

}  // namespace

std::vector<Snapshot> Repository::snapshots(const SnapshotFilter& filter,
                                            const std::stop_token& stop,
                                            std::vector<std::string>* damaged) {
  const auto files = list_files(FileKind::kSnapshot, stop);
  std::mutex mutex;
  std::vector<Snapshot> found;
  const auto load = [&](std::size_t i) {
    throw_if_stopped(stop);
    const std::string& hex = files[i].hex;
    try {
      const Buffer text = read_file(FileKind::kSnapshot, hex, stop);
      Snapshot snapshot = decode_snapshot(as_text(text), SnapshotId::from_hex(hex));
      if (!matches(snapshot, filter)) return;
      const std::scoped_lock lock(mutex);
      found.push_back(std::move(snapshot));
    } catch (const Error& error) {
      // Forgotten between the listing and now.
      if (error.code() == ErrorCode::kNotFound) return;
      if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported) throw;
      logger().warning(fmt::format("a snapshot is left out: {}", error.what()));
      const std::scoped_lock lock(mutex);
      if (damaged != nullptr) damaged->push_back(hex);
    }
  };
  const std::size_t threads =
      std::min<std::size_t>(store().connections(), files.size() / kFilesPerThread + 1);
  parallel_for(files.size(), threads, load);
  std::sort(found.begin(), found.end(), is_older);
  if (implementation_->cache) {
    std::unordered_set<std::string> known;
    for (const auto& file : files)
      known.insert(file.hex);
    implementation_->cache->keep_only(*cache_folder(FileKind::kSnapshot), known);
  }
  return found;
}

Snapshot Repository::find_snapshot(const std::string& name, const SnapshotFilter& filter,
                                   const std::stop_token& stop) {
  if (name == "latest") {
    auto found = snapshots(filter, stop);
    if (!found.empty()) return std::move(found.back());
    if (is_empty(filter))
      throw Error(ErrorCode::kNotFound, fmt::format("{} holds no snapshot", location()),
                  "make one with `pra backup`");
    const std::string others = newest_names(snapshots({}, stop));
    throw Error(ErrorCode::kNotFound, fmt::format("no snapshot in {} matches", location()),
                others.empty() ? "make one with `pra backup`"
                               : "the newest snapshots of all are " + others);
  }
  if (name.empty() || name.size() > 64 || !is_hex(name))
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("not a snapshot's id: {}", printable(name.substr(0, 80))),
                "give an id, the beginning of one, or 'latest'");

  std::vector<std::string> matching;
  for (auto& file : list_files(FileKind::kSnapshot, stop))
    if (file.hex.starts_with(name)) matching.push_back(std::move(file.hex));
  if (matching.size() > 1)
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the id {} fits {} snapshots", name, matching.size()),
                "give more of its digits");
  if (matching.empty()) {
    const std::string others = newest_names(snapshots({}, stop));
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no snapshot {} in {}", name, location()),
                others.empty() ? "the repository holds no snapshot" : "the newest are " + others);
  }
  const Buffer text = read_file(FileKind::kSnapshot, matching.front(), stop);
  return decode_snapshot(as_text(text), SnapshotId::from_hex(matching.front()));
}

SnapshotId Repository::save_snapshot(const Snapshot& snapshot, const std::stop_token& stop) {
  if (snapshot.tree.is_null()) throw Error(ErrorCode::kInvalidArgument, "a snapshot needs a tree");
  return SnapshotId::from(write_file(FileKind::kSnapshot, encode_snapshot(snapshot), stop));
}

}  // namespace pra::repo
