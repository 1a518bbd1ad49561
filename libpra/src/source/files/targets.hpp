#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pra::source {

/// What was asked to be backed up, as a tree of path components: several paths make one tree, and
/// one path may lie below another. A node is "whole" when its path was named itself; one that is
/// not is a directory on the way to a path that was.
struct Target {
  std::map<std::string, Target, std::less<>> children;
  bool whole = false;
};

/// The tree of absolute, cleaned paths. Naming a path twice changes nothing.
[[nodiscard]] Target make_targets(const std::vector<std::string>& paths);

}  // namespace pra::source
