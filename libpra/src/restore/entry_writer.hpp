#pragma once

#include <stop_token>

#include "restore/directory_cache.hpp"
#include "restore/file_output.hpp"
#include "restore/metadata.hpp"
#include "restore/plan.hpp"
#include "restore/report.hpp"
#include "restore/restore.hpp"

namespace pra::restore {

/// Makes everything of a plan but the content of files: directories, empty files, links, special
/// files, and metadata of what is there already.
class EntryWriter {
 public:
  EntryWriter(Plan& plan, DirectoryCache& directories, const MetadataWriter& metadata,
              FileOutput& output, Report& report, Overwrite overwrite)
      : plan_(plan),
        directories_(directories),
        metadata_(metadata),
        output_(output),
        report_(report),
        overwrite_(overwrite) {}

  /// First: parents before children, closed to others until the end. One that cannot be made gets
  /// Action::kSkip.
  void make_directories(bool root_is_new, const std::stop_token& stop);
  /// Whatever needs no content and is neither directory nor further hard link. After the content.
  void write_others(unsigned workers, const std::stop_token& stop);
  /// Further names of files that are whole by now.
  void write_links(const std::stop_token& stop);
  /// Last: the metadata of directories, deepest first.
  void finish_directories(bool with_root, const std::stop_token& stop);
  void finish_directory(EntryNumber number);

 private:
  void make_directory(EntryNumber number);
  void write_other(EntryNumber number);
  void write_special(EntryNumber number);
  void write_link(EntryNumber number);
  void apply_metadata(EntryNumber number);

  Plan& plan_;
  DirectoryCache& directories_;
  const MetadataWriter& metadata_;
  FileOutput& output_;
  Report& report_;
  const Overwrite overwrite_;
};

}  // namespace pra::restore
