#pragma once

#include <string>
#include <string_view>

#include "backup/backup.hpp"
#include "backup/content_saver.hpp"
#include "backup/directory_job.hpp"
#include "backup/parent_snapshot.hpp"
#include "backup/worker_tools.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "source/files/metadata.hpp"

namespace pra::backup {

/// Makes the nodes of what is no directory: metadata, and for files the content. Safe for
/// concurrent use.
class FileSaver {
 public:
  FileSaver(ContentSaver& content, const ParentSnapshot& parent, source::MetadataOptions metadata,
            ProblemList& problems, Progress& progress, Logger& logger)
      : content_(content),
        parent_(parent),
        metadata_(metadata),
        problems_(problems),
        progress_(progress),
        logger_(logger) {}

  /// The node of a file that is_unchanged() by this status, from the parent snapshot.
  [[nodiscard]] repo::Node keep_file(WorkerTools& tools, const struct stat& status,
                                     const Directory& directory, const repo::Node& previous);
  /// The node of an open regular file, whose content is saved. `previous` may be null. Large files
  /// only within a large-file task.
  [[nodiscard]] repo::Node save_file(WorkerTools& tools, const File& file,
                                     const struct stat& status, const std::string& name,
                                     const repo::Node* previous);
  /// Metadata of an open file or directory. Extended attributes that cannot be read are reported,
  /// unless it is only on the way to what is backed up and they are forbidden to us.
  [[nodiscard]] repo::Node describe(WorkerTools& tools, int descriptor, const struct stat& status,
                                    const std::string& name, const std::string& path,
                                    bool on_the_way = false);

  [[nodiscard]] const source::MetadataOptions& metadata() const { return metadata_; }
  void report(const std::string& path, std::string message);

 private:
  ContentSaver& content_;
  const ParentSnapshot& parent_;
  const source::MetadataOptions metadata_;
  ProblemList& problems_;
  Progress& progress_;
  Logger& logger_;
};

/// Whether two nodes are written the same.
[[nodiscard]] bool same_node(const repo::Node& a, const repo::Node& b);

}  // namespace pra::backup
