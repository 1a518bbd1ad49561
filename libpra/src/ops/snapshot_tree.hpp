#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "repo/repository.hpp"

namespace pra::ops {

/// The parts of a path of a snapshot: "/srv//shop/" is {"srv", "shop"}. Error(kInvalidArgument) for
/// "." and "..".
[[nodiscard]] std::vector<std::string> path_parts(std::string_view path);

/// What a snapshot has at `path`; nothing for its root. Error(kNotFound) names the part that is
/// missing.
[[nodiscard]] std::optional<repo::Node> find_node(repo::Repository& repository,
                                                  const repo::Snapshot& snapshot,
                                                  const std::string& path,
                                                  const std::stop_token& stop);

/// Visits what lies below a tree, each directory before its content, in the order of names;
/// `recursive` false: only the tree's own entries. `path` is that of the tree, "" for the root.
void walk_tree(repo::Repository& repository, const BlobId& tree, const std::string& path,
               bool recursive, const std::stop_token& stop,
               const std::function<void(const std::string& path, const repo::Node& node)>& visit);

}  // namespace pra::ops
