#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "repo/tree.hpp"

namespace pra::restore {

/// Number of an entry in its plan. The root, which is the target itself, is 0.
using EntryNumber = std::uint32_t;
inline constexpr std::uint32_t kNothing = 0xffffffff;

/// What happens to an entry of the target.
enum class Action : std::uint8_t {
  kCreate,     ///< Nothing is there.
  kUpdate,     ///< A file is there; its content changes in place. A directory: it stays.
  kReplace,    ///< Something is there that gives way once the new entry is whole.
  kMetadata,   ///< Only metadata differs.
  kUnchanged,  ///< Nothing to do.
  kSkip,       ///< Left alone: not selected, told so, or cannot be restored.
};

/// One entry of the snapshot, kept small: a plan holds all of them.
struct Entry {
  Timestamp modified;
  Timestamp accessed;
  std::uint64_t size = 0;  ///< Of a file: the sum of its blobs, once `resolve` ran.
  const char* name = nullptr;
  std::uint32_t first_content = 0;
  std::uint32_t content_count = 0;
  EntryNumber parent = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t extra = kNothing;      ///< Index of what few entries have.
  EntryNumber link_to = kNothing;      ///< The entry that this is another hard link to.
  EntryNumber first_child = kNothing;  ///< Of a directory: its children are consecutive.
  std::uint32_t child_count = 0;
  std::uint16_t mode = 0;  ///< Permission bits, 07777.
  std::uint16_t name_length = 0;
  repo::NodeType type = repo::NodeType::kFile;
  Action action = Action::kCreate;
  bool selected = true;     ///< False: a directory that is only passed through.
  bool incomplete = false;  ///< A directory some of whose entries are not known.
  bool is_last = false;     ///< Hooks::write_last.
  bool has_links = false;   ///< Other entries link to this one.

  [[nodiscard]] std::string_view name_view() const { return {name, name_length}; }
  [[nodiscard]] bool is_file() const { return type == repo::NodeType::kFile; }
  [[nodiscard]] bool is_directory() const { return type == repo::NodeType::kDirectory; }
  [[nodiscard]] bool is_link() const { return link_to != kNothing; }
};

/// What few entries have.
struct EntryExtra {
  std::string link_target;
  std::vector<ExtendedAttribute> attributes;
  std::uint64_t device = 0;
  /// Names of entries that are in the snapshot and were not selected.
  std::vector<std::string> unselected;
};

/// The entries of a snapshot that are to be restored, parents before children, level by level.
/// About 140 bytes an entry and 32 a blob. Reading is safe for concurrent use.
class Plan {
 public:
  Plan();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] Entry& entry(EntryNumber number) { return entries_[number]; }
  [[nodiscard]] const Entry& entry(EntryNumber number) const { return entries_[number]; }
  [[nodiscard]] std::string name(EntryNumber number) const {
    return std::string(entries_[number].name_view());
  }
  /// "a/b/c"; empty for the root. Bytes.
  [[nodiscard]] std::string path(EntryNumber number) const;

  [[nodiscard]] const BlobId& content(const Entry& entry, std::uint32_t index) const {
    return contents_[entry.first_content + index];
  }
  [[nodiscard]] std::size_t content_total() const { return contents_.size(); }

  [[nodiscard]] const EntryExtra* extra(const Entry& entry) const {
    return entry.extra == kNothing ? nullptr : &extras_[entry.extra];
  }
  /// Made when there is none yet.
  EntryExtra& make_extra(Entry& entry);

  /// Appends an entry of `parent`. The plan keeps what it needs of `node`. Error(kUnsupported) for
  /// more entries than numbers.
  EntryNumber add(const repo::Node& node, EntryNumber parent);

  /// Extended attributes of an entry.
  [[nodiscard]] const std::vector<ExtendedAttribute>& attributes(const Entry& entry) const {
    const auto* found = extra(entry);
    return found == nullptr ? no_attributes_ : found->attributes;
  }

  /// The entry at a path as `path` gives it; kNothing when the plan has none.
  [[nodiscard]] EntryNumber find(std::string_view path) const;

 private:
  const char* keep_name(std::string_view name);

  std::deque<Entry> entries_;
  std::deque<BlobId> contents_;
  std::deque<EntryExtra> extras_;
  std::vector<ExtendedAttribute> no_attributes_;
  std::vector<std::unique_ptr<char[]>> name_blocks_;
  std::size_t name_room_ = 0;
  char* name_end_ = nullptr;
};

}  // namespace pra::restore
