#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "restore/restore.hpp"

namespace pra::restore {

/// Collects, from all threads of a restore, what was done and what went wrong. Safe for concurrent
/// use.
class Report {
 public:
  explicit Report(Progress& progress) : progress_(progress) {}

  /// Content that could not be restored. `path` is the plan's, bytes.
  void lost(const std::string& path, std::string_view message);
  /// Likewise, of what is below something that was named already.
  void lost_too() { lost_.fetch_add(1, std::memory_order_relaxed); }
  /// Something to know that lost no content.
  void problem(const std::string& path, std::string_view message);
  /// Metadata that could not be set. Equal failures are told once, with how many they are.
  void metadata_failed(std::string_view what, const std::string& path, const Error& error);

  /// An entry that changed, or would; `path()` is asked only for those that are listed.
  template <class Path>
  void changed(const Path& path, std::string_view action) {
    if (change_count_.fetch_add(1, std::memory_order_relaxed) < kChangesKept)
      list_change({path(), std::string(action)});
  }
  void file_restored() { files_restored_.fetch_add(1, std::memory_order_relaxed); }
  void file_unchanged() { files_unchanged_.fetch_add(1, std::memory_order_relaxed); }
  void entry_removed() { entries_removed_.fetch_add(1, std::memory_order_relaxed); }
  void bytes_written(std::uint64_t bytes) {
    bytes_written_.fetch_add(bytes, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t change_count() const { return change_count_.load(); }
  [[nodiscard]] std::uint64_t lost_count() const { return lost_.load(); }
  [[nodiscard]] Progress& progress() { return progress_; }
  void fill(Result& result);

 private:
  static constexpr std::uint64_t kChangesKept = 1'000;

  void list_change(Change change);

  struct Group {
    std::uint64_t count = 0;
    std::string first_path;
    std::string message;
  };

  Progress& progress_;
  ProblemList problems_;
  std::mutex mutex_;
  std::map<std::pair<std::string, ErrorCode>, Group> metadata_failures_;
  std::vector<Change> changes_;
  std::atomic<std::uint64_t> change_count_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<std::uint64_t> files_restored_ = 0;
  std::atomic<std::uint64_t> files_unchanged_ = 0;
  std::atomic<std::uint64_t> entries_removed_ = 0;
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace pra::restore
