#pragma once

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "base/directory.hpp"
#include "crypto/sha256.hpp"

namespace pra::test {

/// What a tree on disk is made of: for each path one line with everything that a restore must
/// bring back (type, mode, owner, times, size, content, links, extended attributes, device).
class TreeDescription {
 public:
  explicit TreeDescription(const std::string& path) { walk(Directory::open(path), ""); }

  [[nodiscard]] const std::map<std::string, std::string>& lines() const { return lines_; }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& [path, line] : lines_)
      out += path + ": " + line + "\n";
    return out;
  }

  /// The lines that differ, as a person would want to see them; empty when there are none.
  [[nodiscard]] std::string difference_from(const TreeDescription& wanted) const {
    std::string out;
    for (const auto& [path, line] : wanted.lines_)
      if (!lines_.contains(path)) out += path + " is missing\n";
    for (const auto& [path, line] : lines_) {
      const auto other = wanted.lines_.find(path);
      if (other == wanted.lines_.end())
        out += path + " is extra\n";
      else if (other->second != line)
        out += path + ": " + line + ", wanted: " + other->second + "\n";
    }
    return out;
  }

 private:
  void walk(const Directory& directory, const std::string& prefix) {
    std::map<std::string, DirectoryEntry> sorted;
    for (const auto& entry : directory.entries())
      sorted[entry.name] = entry;
    for (const auto& [name, entry] : sorted) {
      const auto status = *directory.status(name);
      const auto path = prefix + name;
      lines_[path] = describe(directory, name, path, status);
      if (S_ISDIR(status.st_mode)) walk(directory.open_directory(name), path + "/");
    }
  }

  std::string describe(const Directory& directory, const std::string& name, const std::string& path,
                       const struct stat& status) {
    std::string line = fmt::format("{:o} {}:{} {}.{}", status.st_mode, status.st_uid, status.st_gid,
                                   status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (S_ISREG(status.st_mode))
      line += fmt::format(" {} bytes {}", status.st_size, content(directory, name));
    if (S_ISLNK(status.st_mode)) line += " -> " + directory.read_link(name);
    if (S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode))
      line += fmt::format(" device {:x}", status.st_rdev);
    std::map<std::string, Buffer> attributes;
    for (const auto& [attribute, value] : directory.extended_attributes(name))
      attributes[attribute] = value;
    for (const auto& [attribute, value] : attributes)
      line += " " + attribute + "=" + to_hex(value);
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
      const auto first = first_names_.try_emplace({status.st_dev, status.st_ino}, path).first;
      line += " linked with " + first->second;
    }
    return line;
  }

  static std::string content(const Directory& directory, const std::string& name) {
    const auto file = directory.open_file(name);
    crypto::Sha256 hash;
    Buffer buffer(1 << 20);
    for (std::uint64_t offset = 0;;) {
      const auto count = file.read_at(offset, buffer);
      if (count == 0) return hash.finish().hex();
      hash.update(ByteView(buffer).first(count));
      offset += count;
    }
  }

  std::map<std::string, std::string> lines_;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;
};

}  // namespace pra::test
