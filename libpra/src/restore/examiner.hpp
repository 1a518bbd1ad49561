#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/directory.hpp"
#include "repo/index.hpp"
#include "restore/content_match.hpp"
#include "restore/directory_cache.hpp"
#include "restore/metadata.hpp"
#include "restore/plan.hpp"
#include "restore/report.hpp"
#include "restore/restore.hpp"

namespace pra::restore {

/// Compares a plan with what is in the target, and gives every entry its action. Changes nothing.
class Examiner {
 public:
  struct Settings {
    Overwrite overwrite = Overwrite::kIfChanged;
    unsigned workers = 1;
  };

  Examiner(Plan& plan, DirectoryCache& directories, const repo::Index& index,
           const MetadataWriter& metadata, Report& report, const Settings& settings,
           const std::stop_token& stop);

  /// `content` learns which blobs of changed files are in their place already.
  void run(ContentMatch& content);

  /// A directory on each file system of the target, the root's first.
  [[nodiscard]] const std::vector<std::shared_ptr<const Directory>>& file_systems() const {
    return file_systems_;
  }
  /// Directories that are in the target already.
  [[nodiscard]] const std::vector<EntryNumber>& existing_directories() const {
    return existing_directories_;
  }

 private:
  struct Existing {
    dev_t device = 0;
    ino_t inode = 0;
    nlink_t links = 0;
  };
  struct Check {
    EntryNumber entry = 0;
    std::uint64_t size = 0;
    bool metadata_differs = false;
  };
  struct Found {
    std::vector<EntryNumber> directories;
    std::vector<Check> checks;
  };

  void examine_directory(EntryNumber number, Found& found);
  void examine_entry(const Directory& parent, EntryNumber number, const struct stat& status,
                     Found& found);
  void examine_file(const Directory& parent, EntryNumber number, const struct stat& status,
                    Found& found);
  [[nodiscard]] bool metadata_differs(const Directory& parent, const Entry& entry,
                                      const struct stat& status) const;
  void check_contents(ContentMatch& content);
  void settle_links();
  void note_file_system(const std::shared_ptr<const Directory>& directory);

  Plan& plan_;
  DirectoryCache& directories_;
  const repo::Index& index_;
  const MetadataWriter& metadata_;
  Report& report_;
  const Settings settings_;
  const std::stop_token& stop_;

  std::mutex mutex_;
  std::vector<EntryNumber> existing_directories_;
  std::vector<EntryNumber> next_level_;
  std::vector<Check> checks_;
  /// Of entries that have, or are, hard links in the plan or on disk.
  std::unordered_map<EntryNumber, Existing> linked_;
  std::vector<std::shared_ptr<const Directory>> file_systems_;
  std::map<dev_t, bool> known_devices_;
};

}  // namespace pra::restore
