#pragma once

#include <stop_token>

#include "repo/index.hpp"
#include "restore/directory_cache.hpp"
#include "restore/file_output.hpp"
#include "restore/plan.hpp"
#include "restore/report.hpp"

namespace pra::restore {

/// Reads what was restored, from the disk where that can be had, and compares it with the snapshot:
/// content by hash, size, type and metadata. Differences count as lost.
class ReadBack {
 public:
  ReadBack(const Plan& plan, DirectoryCache& directories, const repo::Index& index,
           const FileOutput& output, Report& report)
      : plan_(plan), directories_(directories), index_(index), output_(output), report_(report) {}

  void run(unsigned workers, const std::stop_token& stop);

 private:
  const Plan& plan_;
  DirectoryCache& directories_;
  const repo::Index& index_;
  const FileOutput& output_;
  Report& report_;
};

}  // namespace pra::restore
