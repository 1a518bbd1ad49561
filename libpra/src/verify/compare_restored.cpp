#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/lock.hpp"
#include "restore/blob_fetch.hpp"
#include "restore/content_match.hpp"
#include "restore/directory_cache.hpp"
#include "restore/metadata.hpp"
#include "restore/parallel.hpp"
#include "restore/planner.hpp"
#include "verify/finding_list.hpp"
#include "verify/verify.hpp"

namespace pra::verify {
namespace {

using restore::Entry;
using restore::EntryNumber;

std::string_view type_on_disk(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "dir";
    case S_IFLNK:
      return "symlink";
    case S_IFBLK:
      return "dev";
    case S_IFCHR:
      return "chardev";
    case S_IFIFO:
      return "fifo";
    default:
      return "socket";
  }
}

/// One comparison of a tree on disk with a plan made from a snapshot.
class Comparison {
 public:
  Comparison(repo::Repository& repository, Progress& progress, const std::stop_token& stop)
      : repository_(repository),
        progress_(progress),
        stop_(stop),
        workers_(restore::fetch_workers(repository, 0)) {}

  CompareResult run(const BlobId& tree, const std::string& directory, const std::string& subpath) {
    const auto started = std::chrono::steady_clock::now();
    progress_.begin_phase("plan", 0, 0);
    restore::PlanOptions options;
    options.subpath = subpath;
    options.workers = workers_;
    // What the snapshot has and no restore makes (sockets) is not extra.
    options.keep_unselected = true;
    plan_ = restore::build_plan(
        repository_, tree, options,
        [&](const std::string& path, const std::string& message, bool lost) {
          const auto item = printable(path);
          if (lost)
            findings_.error(item, message);
          else
            findings_.warning(item, message);
        },
        stop_);
    directories_ = std::make_unique<restore::DirectoryCache>(
        plan_, std::make_shared<const Directory>(Directory::open(directory)));
    progress_.begin_phase("compare", plan_.size() - 1, 0);
    compare_entries();
    compare_contents();
    compare_links();
    CompareResult result;
    result.entries = plan_.size() - 1;
    result.bytes_read = bytes_read_;
    result.difference_count = findings_.count();
    result.differences = findings_.take();
    result.elapsed = std::chrono::steady_clock::now() - started;
    return result;
  }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
  };

  [[nodiscard]] std::string item(EntryNumber number) const { return printable(plan_.path(number)); }
  void differs(EntryNumber number, std::string message) {
    findings_.error(item(number), std::move(message));
  }

  void compare_entries() {
    for (std::vector<EntryNumber> level{0}; !level.empty(); level.swap(next_level_)) {
      next_level_.clear();
      restore::parallel_for(
          level.size(), 1, workers_, stop_, [] { return 0; },
          [&](int, std::size_t i) { compare_directory(level[i]); });
    }
  }

  void compare_directory(EntryNumber number) {
    const auto& entry = plan_.entry(number);
    try {
      const auto directory = directories_->get(number);
      std::unordered_set<std::string_view> known;
      for (std::uint32_t i = 0; i < entry.child_count; ++i) {
        throw_if_stopped(stop_);
        const auto child = entry.first_child + i;
        known.insert(plan_.entry(child).name_view());
        const auto status = directory->status(plan_.name(child));
        if (status)
          compare_entry(*directory, child, *status);
        else
          differs(child, "is missing");
      }
      progress_.add(entry.child_count, 0);
      if (entry.incomplete) return;
      if (const auto* extra = plan_.extra(entry))
        known.insert(extra->unselected.begin(), extra->unselected.end());
      const auto prefix = number == 0 ? std::string() : plan_.path(number) + "/";
      for (const auto& found : directory->entries())
        if (!known.contains(found.name))
          findings_.error(printable(prefix + found.name), "is not in the snapshot");
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      findings_.error(number == 0 ? "/" : item(number), error.what());
    }
  }

  void compare_entry(const Directory& parent, EntryNumber number, const struct stat& status) {
    const auto& entry = plan_.entry(number);
    const auto name = plan_.name(number);
    const auto wanted = repo::node_type_name(entry.type);
    if (type_on_disk(status.st_mode) != wanted)
      return differs(number, fmt::format("is a {}, and a {} in the snapshot",
                                         type_on_disk(status.st_mode), wanted));
    compare_metadata(parent, number, status);
    const auto* extra = plan_.extra(entry);
    switch (entry.type) {
      case repo::NodeType::kDirectory: {
        const std::scoped_lock lock(mutex_);
        next_level_.push_back(number);
        break;
      }
      case repo::NodeType::kSymlink: {
        const auto target = parent.read_link(name);
        const std::string expected = extra == nullptr ? "" : extra->link_target;
        if (target != expected)
          differs(number, fmt::format("points to {}, and to {} in the snapshot", printable(target),
                                      printable(expected)));
        break;
      }
      case repo::NodeType::kDevice:
      case repo::NodeType::kCharacterDevice: {
        const auto expected = extra == nullptr ? 0 : extra->device;
        if (status.st_rdev != expected)
          differs(number, fmt::format("is device {:#x}, and {:#x} in the snapshot", status.st_rdev,
                                      expected));
        break;
      }
      case repo::NodeType::kFile:
        compare_file(number, status);
        break;
      default:
        break;
    }
  }

  void compare_metadata(const Directory& parent, EntryNumber number, const struct stat& status) {
    const auto& entry = plan_.entry(number);
    const auto present =
        restore::restorable_attributes(parent.extended_attributes(plan_.name(number)));
    const auto difference = restore::compare_metadata(plan_, entry, status, present);
    if (!difference.any()) return;
    if (difference.mode)
      differs(number, fmt::format("has mode {:04o}, and {:04o} in the snapshot",
                                  status.st_mode & 07777, entry.mode));
    if (difference.owner)
      differs(number, fmt::format("belongs to {}:{}, and to {}:{} in the snapshot", status.st_uid,
                                  status.st_gid, entry.uid, entry.gid));
    if (difference.time)
      differs(number, fmt::format("was modified {}, and {} in the snapshot",
                                  format_rfc3339(to_timestamp(status.st_mtim)),
                                  format_rfc3339(entry.modified)));
    if (difference.attributes) name_attributes(number, present);
  }

  void name_attributes(EntryNumber number, const std::vector<ExtendedAttribute>& present) {
    const auto wanted = restore::restorable_attributes(plan_.attributes(plan_.entry(number)));
    std::map<std::string, std::pair<const Buffer*, const Buffer*>> both;
    for (const auto& [name, value] : present)
      both[name].first = &value;
    for (const auto& [name, value] : wanted)
      both[name].second = &value;
    for (const auto& [name, values] : both) {
      const auto [on_disk, in_snapshot] = values;
      const auto attribute = printable(name);
      if (on_disk == nullptr)
        differs(number, fmt::format("lacks the extended attribute {}", attribute));
      else if (in_snapshot == nullptr)
        differs(number, fmt::format("has an extended attribute {} of its own", attribute));
      else if (*on_disk != *in_snapshot)
        differs(number, fmt::format("has another value of the extended attribute {}", attribute));
    }
  }

  void compare_file(EntryNumber number, const struct stat& status) {
    const auto& entry = plan_.entry(number);
    if (entry.action == restore::Action::kSkip) return;  // Its content is lost: said already.
    const std::scoped_lock lock(mutex_);
    if (entry.has_links || entry.is_link()) identities_[number] = {status.st_dev, status.st_ino};
    if (static_cast<std::uint64_t>(status.st_size) != entry.size)
      findings_.error(item(number), fmt::format("has {} bytes, and {} in the snapshot",
                                                status.st_size, entry.size));
    else
      files_.push_back(number);
  }

  void compare_contents() {
    std::vector<restore::MatchJob> jobs;
    std::uint64_t total = 0;
    for (const auto number : files_) {
      restore::add_match_jobs(plan_, repository_.index(), number, jobs);
      total += plan_.entry(number).size;
    }
    progress_.begin_phase("content", files_.size(), total);
    const auto open = [&](EntryNumber number) -> std::optional<File> {
      try {
        return directories_->get(plan_.entry(number).parent)->open_file(plan_.name(number));
      } catch (const Error& error) {
        const std::scoped_lock lock(mutex_);
        if (unreadable_.insert(number).second) findings_.error(item(number), error.what());
        return std::nullopt;
      }
    };
    restore::ContentMatch match(plan_);
    match.run(
        jobs, repository_.index(), open, workers_,
        [&](std::uint64_t bytes) {
          bytes_read_.fetch_add(bytes, std::memory_order_relaxed);
          progress_.add(0, bytes);
        },
        stop_);
    for (const auto number : files_) {
      const auto& entry = plan_.entry(number);
      progress_.add(1, 0);
      if (match.holds_all(entry) || unreadable_.contains(number)) continue;
      std::uint32_t wrong = 0;
      for (std::uint32_t i = 0; i < entry.content_count; ++i)
        wrong += match.holds(entry, i) ? 0 : 1;
      differs(number,
              fmt::format("its content differs, in {} of {} blocks", wrong, entry.content_count));
    }
  }

  void compare_links() {
    for (const auto& [number, identity] : identities_) {
      const auto& entry = plan_.entry(number);
      if (!entry.is_link()) continue;
      const auto first = identities_.find(entry.link_to);
      if (first == identities_.end()) continue;
      if (first->second.device != identity.device || first->second.inode != identity.inode)
        differs(number, "is not a hard link to " + item(entry.link_to));
    }
  }

  repo::Repository& repository_;
  Progress& progress_;
  const std::stop_token& stop_;
  const unsigned workers_;
  restore::Plan plan_;
  std::unique_ptr<restore::DirectoryCache> directories_;
  FindingList findings_;
  std::mutex mutex_;
  std::vector<EntryNumber> next_level_;
  std::vector<EntryNumber> files_;
  std::unordered_map<EntryNumber, Identity> identities_;
  std::unordered_set<EntryNumber> unreadable_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

}  // namespace

CompareResult compare_restored(repo::Repository& repository, const repo::Snapshot& snapshot,
                               const std::string& directory, const std::string& subpath,
                               Progress& progress, const std::stop_token& stop) {
  const auto lock = repo::lock_for_reading(repository, Duration::zero(), stop);
  return Comparison(repository, progress, stop).run(snapshot.tree, directory, subpath);
}

}  // namespace pra::verify
