#pragma once

#include <mutex>
#include <stop_token>
#include <vector>

#include "base/time.hpp"
#include "repo/index.hpp"

namespace pra::repo {

class Repository;

/// Writes the index files of packs that were stored through one Repository. What a run found in the
/// index in memory, it may rely on once its `flush` has returned, whoever stored it: packs of a run
/// that failed, or goes on, are written too. Safe for concurrent use.
class IndexWriter {
 public:
  explicit IndexWriter(Repository& repository);

  /// A pack that is durable now: from here on its blobs are known.
  void add(const IndexedPack& pack);
  /// Writes a file when there are 50,000 blobs, or the last one is 10 minutes ago.
  void flush_if_due(const std::stop_token& stop);
  /// Writes what no index file names. When it fails, the packs wait for the next flush.
  void flush(const std::stop_token& stop);
  /// Forgets the packs that wait: they may have been pruned. True when there were any.
  bool discard();

 private:
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] std::vector<IndexedPack> take();
  /// With `writing_` held.
  void write(const std::stop_token& stop);

  Repository& repository_;
  std::mutex writing_;  ///< Held from taking the packs until their file is durable.
  mutable std::mutex mutex_;
  std::vector<IndexedPack> packs_;
  std::size_t blobs_ = 0;
  Timestamp started_;
};

}  // namespace pra::repo
