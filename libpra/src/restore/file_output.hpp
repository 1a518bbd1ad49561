#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/directory.hpp"
#include "restore/directory_cache.hpp"
#include "restore/metadata.hpp"
#include "restore/plan.hpp"
#include "restore/report.hpp"

namespace pra::restore {

/// Files of the target while they are being written. A new file is made under its name, one that
/// replaces something under a temporary name that it is renamed from once it is whole, and one that
/// is repaired is written in place. Safe for concurrent use, on one entry by one thread at a time
/// but for `open_again`, `write` and `fail`.
class FileOutput {
 public:
  FileOutput(const Plan& plan, DirectoryCache& directories, const MetadataWriter& metadata,
             Report& report, bool write_zeros);

  /// Opens a file for the first time: creates it, or opens the one to repair. `alone`: no other
  /// thread will write to it.
  [[nodiscard]] File open(EntryNumber number, bool alone);
  /// Opens one again that was opened before.
  [[nodiscard]] File open_again(EntryNumber number);
  /// Writes one block, leaving holes for runs of zeros.
  void write(const File& file, const Entry& entry, std::uint64_t offset, ByteView block);
  /// Notes that the file will not be whole.
  void fail(EntryNumber number, const std::string& why);
  /// All blocks were written, or failed: gives the file its size, metadata and name; or undoes what
  /// a failure left.
  void finish(EntryNumber number, const File& file);
  /// The same when no file is open: only after a failure.
  void finish_failed(EntryNumber number);
  /// Removes what is not finished: when the run ends early.
  void discard_unfinished();

  /// Frees the name of an entry for something else. Directories must be empty, or `clear_directory`
  /// empties them.
  void make_way(const Directory& parent, const std::string& name);
  void clear_directories_with(std::function<void(const Directory&, const std::string&)> clear) {
    clear_directory_ = std::move(clear);
  }
  [[nodiscard]] Progress& progress() { return report_.progress(); }
  /// The name of the entry until it is finished.
  [[nodiscard]] std::string working_name(EntryNumber number) const;
  [[nodiscard]] bool opened(EntryNumber number) const {
    return (states_[number].load(std::memory_order_acquire) & kOpened) != 0;
  }
  [[nodiscard]] bool failed(EntryNumber number) const {
    return (states_[number].load(std::memory_order_acquire) & kFailed) != 0;
  }

 private:
  static constexpr std::uint8_t kOpened = 1;
  static constexpr std::uint8_t kFailed = 2;
  static constexpr std::uint8_t kFinished = 4;

  [[nodiscard]] static bool has_working_name(const Entry& entry) {
    return entry.action == Action::kReplace || entry.is_last;
  }
  [[nodiscard]] static bool is_new(const Entry& entry) { return entry.action != Action::kUpdate; }
  [[nodiscard]] File open_existing(const Directory& parent, EntryNumber number);
  void write_with_holes(const File& file, bool fresh, std::uint64_t offset, ByteView block);

  const Plan& plan_;
  DirectoryCache& directories_;
  const MetadataWriter& metadata_;
  Report& report_;
  const bool write_zeros_;
  const std::string run_tag_;
  std::vector<std::atomic<std::uint8_t>> states_;
  std::function<void(const Directory&, const std::string&)> clear_directory_;
};

}  // namespace pra::restore
