#include "restore/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pra::restore {
void Report::lost(const std::string& path, std::string_view message) {
  lost_.fetch_add(1, std::memory_order_relaxed);
  problem(path, message);
}

void Report::problem(const std::string& path, std::string_view message) {
  problems_.add({printable(path), std::string(message)});
  progress_.add_problem();
}

void Report::metadata_failed(std::string_view what, const std::string& path, const Error& error) {
  const std::scoped_lock lock(mutex_);
  auto& group = metadata_failures_[{std::string(what), error.code()}];
  if (group.count++ > 0) return;
  group.first_path = path;
  group.message = error.what();
  progress_.add_problem();
}

void Report::list_change(Change change) {
  const std::scoped_lock lock(mutex_);
  changes_.push_back(std::move(change));
}

void Report::fill(Result& result) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [kind, group] : metadata_failures_) {
    const auto& [what, code] = kind;
    const std::string_view hint =
        code == ErrorCode::kPermissionDenied ? "; run as root to restore it" : "";
    problems_.add({printable(group.first_path),
                   group.count == 1
                       ? fmt::format("{} not restored: {}{}", what, group.message, hint)
                       : fmt::format("{} not restored here and of {} other entries: "
                                     "{}{}",
                                     what, group.count - 1, group.message, hint)});
  }
  metadata_failures_.clear();
  std::sort(changes_.begin(), changes_.end(),
            [](const Change& a, const Change& b) { return a.path < b.path; });
  for (auto& change : changes_)
    change.path = printable(change.path);
  result.changes = changes_;
  result.change_count = change_count_;
  result.files_restored = files_restored_;
  result.files_unchanged = files_unchanged_;
  result.entries_removed = entries_removed_;
  result.entries_restored = change_count_ - entries_removed_;
  result.bytes_written = bytes_written_;
  result.failed_files = lost_;
  result.changed = change_count_ != 0;
  result.problems = problems_.items();
  result.problem_count = problems_.count();
}

}  // namespace pra::restore
