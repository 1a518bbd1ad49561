#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/progress.hpp"
#include "repo/repository.hpp"
#include "restore/plan.hpp"
#include "source/files/pattern.hpp"

namespace pra::restore {

/// Which entries are meant, by patterns as restic's.
class Selection {
 public:
  Selection() = default;
  Selection(const std::vector<std::string>& include, const std::vector<std::string>& exclude)
      : include_(include), exclude_(exclude), includes_all_(include.empty()) {}

  struct Verdict {
    bool selected = true;
    bool enter = true;  ///< Something below it may be selected.
  };
  /// `path` begins with '/'.
  [[nodiscard]] Verdict judge(const std::string& path) const;
  [[nodiscard]] bool selects_all() const { return includes_all_ && exclude_.empty(); }

 private:
  source::PatternList include_;
  source::PatternList exclude_;
  bool includes_all_ = true;
};

struct PlanOptions {
  std::string subpath;
  Selection selection;
  bool keep_unselected = false;  ///< Note the names of what is not selected.
  unsigned workers = 1;
};

/// Told of what the plan must leave out: a path, why, and whether content is lost by it.
using PlanProblem =
    std::function<void(const std::string& path, const std::string& message, bool lost)>;

/// Reads a snapshot's trees, level by level and in parallel, and looks up where the content lies.
/// A damaged tree costs what is below it. Files whose content is not in the index get
/// Action::kSkip. Error(kNotFound) when there is no such subpath; Error(kCorrupt) for trees that
/// repeat each other so often that they can only be a bomb.
[[nodiscard]] Plan build_plan(repo::Repository& repository, const BlobId& tree,
                              const PlanOptions& options, const PlanProblem& problem,
                              const std::stop_token& stop);

}  // namespace pra::restore
