#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.hpp"
#include "base/log.hpp"
#include "source/files/pattern.hpp"

namespace pra::source {

/// A file whose presence says that the rest of its directory is not to be backed up. When `header`
/// is not empty the file must begin with it.
struct TagFile {
  std::string name;
  std::string header;
};

/// "NAME" or "NAME:HEADER", as restic's --exclude-if-present. Error(kInvalidArgument) without a
/// name or with one that is no file name.
[[nodiscard]] TagFile parse_tag_file(const std::string& specification);
/// The Cache Directory Tagging Specification's CACHEDIR.TAG with its signature.
[[nodiscard]] TagFile cache_directory_tag();

/// What is left out of a backup. Immutable while it is used; safe for concurrent use.
struct Selection {
  PatternList excludes;
  std::vector<TagFile> tag_files;
  bool one_file_system = false;
  std::uint64_t larger_than = 0;  ///< Bytes; 0: no limit. Directories are never too large.

  [[nodiscard]] bool excludes_path(const std::string& path) const {
    return !excludes.empty() && excludes.matches(path);
  }
  [[nodiscard]] bool excludes_size(std::uint64_t size) const {
    return larger_than != 0 && size > larger_than;
  }
  /// Removes the entries that tag files in the directory exclude; each tag file itself stays.
  /// `entries` are sorted by name. A tag file with another header is logged and has no effect.
  void drop_tagged(const Directory& directory, std::vector<DirectoryEntry>& entries,
                   Logger& logger) const;
};

}  // namespace pra::source
