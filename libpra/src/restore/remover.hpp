#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/directory.hpp"
#include "restore/directory_cache.hpp"
#include "restore/plan.hpp"
#include "restore/planner.hpp"
#include "restore/report.hpp"

namespace pra::restore {

/// Removes what is in the target and not in the snapshot, where the selection means it. Links are
/// removed and never followed; other file systems that are mounted below are left alone. Each
/// removed entry is reported as a change.
class Remover {
 public:
  Remover(const Plan& plan, DirectoryCache& directories, const Selection& selection, Report& report,
          bool dry_run, const std::stop_token& stop)
      : plan_(plan),
        directories_(directories),
        selection_(selection),
        report_(report),
        dry_run_(dry_run),
        stop_(stop) {}

  /// Removes what a directory of the plan holds beside the plan's entries.
  void remove_extra(EntryNumber number);
  /// Empties a directory to which the plan gives way, whatever the selection says.
  void clear(const Directory& parent, const std::string& name, const std::string& path);

 private:
  /// True when the entry is gone.
  bool remove(const Directory& parent, const std::string& name, const std::string& path,
              bool selected_anyway, unsigned depth);
  bool remove_children(const Directory& directory, const std::string& path, bool selected_anyway,
                       unsigned depth);

  const Plan& plan_;
  DirectoryCache& directories_;
  const Selection& selection_;
  Report& report_;
  const bool dry_run_;
  const std::stop_token& stop_;
};

}  // namespace pra::restore
