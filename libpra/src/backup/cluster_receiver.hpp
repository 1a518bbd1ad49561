#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backup/cluster_tree.hpp"
#include "backup/page_pipeline.hpp"
#include "base/progress.hpp"
#include "base/time.hpp"
#include "source/postgres/base_backup.hpp"
#include "source/postgres/manifest_check.hpp"
#include "source/postgres/snapshot_layout.hpp"
#include "source/postgres/tar_reader.hpp"

namespace pra::backup {

/// How the blobs of a cluster's backup are made.
struct PageOptions {
  std::uint64_t page_group = 0;  ///< Bytes a blob of a relation; 0: by the cluster's size.
  unsigned workers = 1;
};

/// Turns the archives of a base backup into stored blobs and a tree, as they arrive.
class ClusterReceiver : public source::postgres::BaseBackupReceiver,
                        private source::postgres::TarHandler {
 public:
  ClusterReceiver(repo::BlobWriter& writer, const PageOptions& options, Progress& progress)
      : writer_(writer), options_(options), progress_(progress) {}

  void begin_backup(const source::postgres::BaseBackupStart& start) override;
  void begin_archive(std::size_t index) override;
  void archive_content(ByteView bytes) override { reader_->feed(bytes); }
  void end_archive() override;
  void manifest_content(ByteView bytes) override;

  /// After the server confirmed the end: waits until every piece is stored, checks that the
  /// manifest and the whole write-ahead log are there, and completes the tree that holds `data` and
  /// `tablespaces`. Fills in what `description` says of the content.
  [[nodiscard]] MemoryTree finish(const source::postgres::BaseBackupEnd& end,
                                  source::postgres::Description& description);

 private:
  void begin_entry(const source::postgres::TarEntry& entry) override;
  void content(ByteView bytes) override;
  void end_entry() override {}

  [[nodiscard]] bool is_data_directory() const {
    return archives_.size() == start_.tablespaces.size();
  }
  void begin_file(const std::string& path, repo::Node& node);
  void add_manifest();
  void check_log(const source::postgres::BaseBackupEnd& end, std::uint64_t segment_size) const;
  [[nodiscard]] MemoryTree link_tablespaces(source::postgres::Description& description);

  repo::BlobWriter& writer_;
  PageOptions options_;
  Progress& progress_;
  source::postgres::BaseBackupStart start_;
  std::uint64_t bytes_expected_ = 0;
  std::optional<source::postgres::TarReader> reader_;
  std::vector<MemoryTree> archives_;  ///< One a tablespace, the data directory last.
  bool in_label_ = false;
  bool skipping_ = false;
  std::string label_;  ///< Content of backup_label.
  Buffer manifest_;
  source::postgres::ManifestCheck manifest_check_;
  std::optional<PagePipeline> pipeline_;  ///< Last: its workers write into the trees.
};

/// 64 KiB below 100 GB, 128 KiB below 1 TB, 256 KiB above: see docs/postgresql.md.
[[nodiscard]] std::uint64_t page_group_for(std::uint64_t cluster_bytes);

}  // namespace pra::backup
