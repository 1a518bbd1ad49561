#include "restore/remover.hpp"

#include <sys/stat.h>

#include <string_view>
#include <unordered_set>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::restore {
namespace {

/// Each level holds a descriptor open.
constexpr unsigned kDeepest = 512;

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "/" + name;
}

}  // namespace

void Remover::remove_extra(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  if (entry.incomplete || entry.action == Action::kSkip) return;
  std::unordered_set<std::string_view> known;
  for (std::uint32_t i = 0; i < entry.child_count; ++i)
    known.insert(plan_.entry(entry.first_child + i).name_view());
  if (const auto* extra = plan_.extra(entry))
    known.insert(extra->unselected.begin(), extra->unselected.end());
  const auto path = plan_.path(number);
  try {
    const auto directory = directories_.get(number);
    for (const auto& found : directory->entries()) {
      if (!known.contains(found.name))
        remove(*directory, found.name, join(path, found.name), false, 0);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    report_.problem(path, error.what());
  }
}

void Remover::clear(const Directory& parent, const std::string& name, const std::string& path) {
  remove_children(parent.open_directory(name), path, true, 0);
}

bool Remover::remove(const Directory& parent, const std::string& name, const std::string& path,
                     bool selected_anyway, unsigned depth) {
  throw_if_stopped(stop_);
  const auto verdict = selected_anyway ? Selection::Verdict{} : selection_.judge("/" + path);
  if (!verdict.selected && !verdict.enter) return false;
  try {
    const auto status = parent.status(name);
    if (!status) return true;
    const bool is_directory = S_ISDIR(status->st_mode);
    if (is_directory) {
      if (status->st_dev != parent.own_status().st_dev) {
        report_.problem(path, "not removed: another file system is mounted there");
        return false;
      }
      if (depth == kDeepest) {
        report_.problem(path, "not removed: too many directories inside each other");
        return false;
      }
      if (!remove_children(parent.open_directory(name), path, selected_anyway, depth + 1))
        return false;
    }
    if (!verdict.selected) return false;
    if (!dry_run_) parent.remove(name, is_directory);
    report_.entry_removed();
    report_.changed([&] { return path; }, "remove");
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    report_.problem(path, std::string("not removed: ") + error.what());
    return false;
  }
}

bool Remover::remove_children(const Directory& directory, const std::string& path,
                              bool selected_anyway, unsigned depth) {
  bool all = true;
  for (const auto& found : directory.entries())
    all &= remove(directory, found.name, join(path, found.name), selected_anyway, depth);
  return all;
}

}  // namespace pra::restore
