#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/progress.hpp"
#include "base/time.hpp"
#include "ops/operation.hpp"
#include "repo/snapshot.hpp"
#include "verify/verify.hpp"

namespace pra::ops {

/// Shared shapes of results. All text is printable: names that are not UTF-8 are escaped.
[[nodiscard]] json::array text_list(const std::vector<std::string>& items);
[[nodiscard]] json::object snapshot_result(const repo::Snapshot& snapshot);
[[nodiscard]] json::array problem_list(const std::vector<Problem>& problems);
[[nodiscard]] json::array finding_list(const std::vector<verify::Finding>& findings);
[[nodiscard]] json::object detail_object(
    const std::vector<std::pair<std::string, std::string>>& details);
[[nodiscard]] double seconds(Duration duration);
/// The result field `code`, which every operation with a verdict has.
[[nodiscard]] ResultField code_field(const std::string& meaning);

}  // namespace pra::ops
