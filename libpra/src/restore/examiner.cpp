#include "restore/examiner.hpp"

#include <utility>

#include "base/error.hpp"
#include "restore/parallel.hpp"

namespace pra::restore {
namespace {

mode_t file_type_of(repo::NodeType type) {
  switch (type) {
    case repo::NodeType::kFile:
      return S_IFREG;
    case repo::NodeType::kDirectory:
      return S_IFDIR;
    case repo::NodeType::kSymlink:
      return S_IFLNK;
    case repo::NodeType::kDevice:
      return S_IFBLK;
    case repo::NodeType::kCharacterDevice:
      return S_IFCHR;
    case repo::NodeType::kFifo:
      return S_IFIFO;
    default:
      return 0;
  }
}

bool is_device(const Entry& entry) {
  return entry.type == repo::NodeType::kDevice || entry.type == repo::NodeType::kCharacterDevice;
}

}  // namespace

Examiner::Examiner(Plan& plan, DirectoryCache& directories, const repo::Index& index,
                   const MetadataWriter& metadata, Report& report, const Settings& settings,
                   const std::stop_token& stop)
    : plan_(plan),
      directories_(directories),
      index_(index),
      metadata_(metadata),
      report_(report),
      settings_(settings),
      stop_(stop) {}

void Examiner::run(ContentMatch& content) {
  plan_.entry(0).action = Action::kUnchanged;
  note_file_system(directories_.get(0));
  for (std::vector<EntryNumber> level{0}; !level.empty(); level.swap(next_level_)) {
    next_level_.clear();
    existing_directories_.insert(existing_directories_.end(), level.begin(), level.end());
    parallel_for(
        level.size(), 1, settings_.workers, stop_, [] { return Found(); },
        [&](Found& found, std::size_t i) { examine_directory(level[i], found); });
  }
  check_contents(content);
  settle_links();
}

void Examiner::examine_directory(EntryNumber number, Found& found) {
  found.directories.clear();
  found.checks.clear();
  const auto& entry = plan_.entry(number);
  try {
    const auto directory = directories_.get(number);
    if (number != 0) note_file_system(directory);
    for (std::uint32_t i = 0; i < entry.child_count; ++i) {
      throw_if_stopped(stop_);
      const auto child = entry.first_child + i;
      if (plan_.entry(child).action == Action::kSkip) continue;
      const auto status = directory->status(plan_.name(child));
      if (status) examine_entry(*directory, child, *status, found);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    plan_.entry(number).action = Action::kSkip;
    report_.lost(plan_.path(number), error.what());
    found.directories.clear();
    found.checks.clear();
  }
  const std::scoped_lock lock(mutex_);
  next_level_.insert(next_level_.end(), found.directories.begin(), found.directories.end());
  checks_.insert(checks_.end(), found.checks.begin(), found.checks.end());
}

void Examiner::examine_entry(const Directory& parent, EntryNumber number, const struct stat& status,
                             Found& found) {
  auto& entry = plan_.entry(number);
  const bool same_type = (status.st_mode & S_IFMT) == file_type_of(entry.type);
  const bool never = settings_.overwrite == Overwrite::kNever;
  if (entry.is_directory()) {
    if (!same_type) {
      entry.action = never ? Action::kSkip : Action::kReplace;
      if (never)
        report_.lost(plan_.path(number),
                     "something else stands where this directory belongs, and is not overwritten");
      return;
    }
    found.directories.push_back(number);
    const bool keep = never || !entry.selected;
    entry.action =
        !keep && metadata_differs(parent, entry, status) ? Action::kMetadata : Action::kUnchanged;
    return;
  }
  if (entry.has_links || entry.is_link() || status.st_nlink > 1) {
    const std::scoped_lock lock(mutex_);
    linked_[number] = {status.st_dev, status.st_ino, status.st_nlink};
  }
  if (never) {
    entry.action = Action::kSkip;
    if (entry.is_file()) report_.file_unchanged();
    return;
  }
  if (entry.is_link()) return;  // Compared once it is known what becomes of the first.
  if (!same_type) {
    entry.action = Action::kReplace;
    return;
  }
  if (entry.is_file()) return examine_file(parent, number, status, found);
  const auto* extra = plan_.extra(entry);
  bool same = true;
  if (entry.type == repo::NodeType::kSymlink)
    same = parent.read_link(plan_.name(number)) == (extra == nullptr ? "" : extra->link_target);
  else if (is_device(entry))
    same = status.st_rdev == (extra == nullptr ? 0 : extra->device);
  if (!same)
    entry.action = Action::kReplace;
  else
    entry.action = metadata_differs(parent, entry, status) ? Action::kMetadata : Action::kUnchanged;
}

void Examiner::examine_file(const Directory& parent, EntryNumber number, const struct stat& status,
                            Found& found) {
  auto& entry = plan_.entry(number);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const bool differs = metadata_differs(parent, entry, status);
  const bool trusted = settings_.overwrite == Overwrite::kIfChanged && size == entry.size &&
                       to_timestamp(status.st_mtim) == entry.modified;
  if (trusted) {
    entry.action = differs ? Action::kMetadata : Action::kUnchanged;
    return;
  }
  entry.action = Action::kUpdate;
  found.checks.push_back({number, size, differs});
}

bool Examiner::metadata_differs(const Directory& parent, const Entry& entry,
                                const struct stat& status) const {
  auto present = parent.extended_attributes(std::string(entry.name_view()));
  return metadata_.changeable(plan_, entry, status, restorable_attributes(std::move(present)))
      .any();
}

void Examiner::check_contents(ContentMatch& content) {
  std::vector<MatchJob> jobs;
  for (const auto& check : checks_)
    if (check.size != 0) add_match_jobs(plan_, index_, check.entry, jobs);
  const auto open = [&](EntryNumber number) -> std::optional<File> {
    try {
      return directories_.get(plan_.entry(number).parent)->open_file(plan_.name(number));
    } catch (const Error&) {
      return std::nullopt;  // Unreadable: nothing of it can be kept.
    }
  };
  if (!jobs.empty()) {
    auto& progress = report_.progress();
    std::uint64_t total = 0;
    for (const auto& check : checks_)
      total += plan_.entry(check.entry).size;
    progress.begin_phase("compare", checks_.size(), total);
    content.run(
        jobs, index_, open, settings_.workers, [&](std::uint64_t bytes) { progress.add(0, bytes); },
        stop_);
  }
  for (const auto& check : checks_) {
    auto& entry = plan_.entry(check.entry);
    if (check.size != entry.size || !content.holds_all(entry)) continue;
    entry.action = check.metadata_differs ? Action::kMetadata : Action::kUnchanged;
  }
}

/// A file that has more names on disk than the plan knows must not change for the others: it is
/// replaced. Then each further name of the plan either is that file already or is linked to it.
void Examiner::settle_links() {
  std::unordered_map<EntryNumber, nlink_t> names;
  const auto same_file = [&](EntryNumber a, EntryNumber b) {
    const auto first = linked_.find(a);
    const auto second = linked_.find(b);
    return first != linked_.end() && second != linked_.end() &&
           first->second.device == second->second.device &&
           first->second.inode == second->second.inode;
  };
  for (const auto& [number, existing] : linked_) {
    const auto& entry = plan_.entry(number);
    if (!entry.is_link())
      ++names[number];
    else if (same_file(number, entry.link_to))
      ++names[entry.link_to];
  }
  for (const auto& [number, existing] : linked_) {
    auto& entry = plan_.entry(number);
    const bool changes = entry.action == Action::kUpdate || entry.action == Action::kMetadata;
    if (!entry.is_link() && changes && existing.links > names[number])
      entry.action = Action::kReplace;
  }
  for (EntryNumber number = 0; number < plan_.size(); ++number) {
    auto& entry = plan_.entry(number);
    if (!entry.is_link() || entry.action == Action::kSkip) continue;
    const auto first = plan_.entry(entry.link_to).action;
    const bool stays =
        first == Action::kUpdate || first == Action::kMetadata || first == Action::kUnchanged;
    if (first == Action::kSkip)
      entry.link_to = kNothing;  // Left alone or lost: this name has to stand for itself.
    else if (stays && same_file(number, entry.link_to))
      entry.action = Action::kUnchanged;
    if (entry.action != Action::kUnchanged)
      entry.action = linked_.contains(number) ? Action::kReplace : Action::kCreate;
  }
}

void Examiner::note_file_system(const std::shared_ptr<const Directory>& directory) {
  const auto device = directory->own_status().st_dev;
  const std::scoped_lock lock(mutex_);
  if (known_devices_.emplace(device, true).second) file_systems_.push_back(directory);
}

}  // namespace pra::restore
