#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/directory.hpp"
#include "repo/tree.hpp"

namespace pra::source {

/// Names of users and groups, each looked up once. One thread at a time; keep one a worker.
class OwnerNames {
 public:
  /// Empty when the system knows no name for the id.
  [[nodiscard]] const std::string& user(std::uint32_t uid);
  [[nodiscard]] const std::string& group(std::uint32_t gid);

 private:
  std::unordered_map<std::uint32_t, std::string> users_;
  std::unordered_map<std::uint32_t, std::string> groups_;
};

struct MetadataOptions {
  bool with_access_times =
      false;  ///< Otherwise `accessed` is the time of modification, as in restic.
};

/// The node that trees hold for an entry of this status: everything that a stat tells. What takes
/// more (link target, extended attributes, content, subtree) is left empty; `size` is that of a
/// regular file.
[[nodiscard]] repo::Node node_of_status(const struct stat& status, std::string name,
                                        OwnerNames& owners, const MetadataOptions& options = {});

/// All metadata of an open regular file or directory.
[[nodiscard]] repo::Node node_of_descriptor(int descriptor, const struct stat& status,
                                            std::string name, OwnerNames& owners,
                                            const MetadataOptions& options = {});

/// All metadata of an entry of any type, links not followed: nothing when there is no such entry.
[[nodiscard]] std::optional<repo::Node> node_of_entry(const Directory& directory,
                                                      const std::string& name, OwnerNames& owners,
                                                      const MetadataOptions& options = {});

}  // namespace pra::source
