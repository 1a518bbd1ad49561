#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/directory.hpp"
#include "repo/index.hpp"
#include "restore/plan.hpp"

namespace pra::restore {

/// Part of a file on disk that is to be compared with the snapshot: the blobs `first` to `last`
/// (not included) of its content, the first of which begins at `offset`.
struct MatchJob {
  EntryNumber entry = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint64_t offset = 0;
};

/// Appends the jobs of one file, large files being parted so that several threads can share them.
void add_match_jobs(const Plan& plan, const repo::Index& index, EntryNumber number,
                    std::vector<MatchJob>& jobs);

/// Says for each blob of a plan's content whether the file on disk holds it in its place.
class ContentMatch {
 public:
  explicit ContentMatch(const Plan& plan) : plan_(plan) {}

  /// Opens the file on disk of an entry; nothing when it cannot be read.
  using Opener = std::function<std::optional<File>(EntryNumber)>;
  /// Reads and hashes in parallel. `count(bytes)` is told what was read.
  void run(const std::vector<MatchJob>& jobs, const repo::Index& index, const Opener& open,
           unsigned workers, const std::function<void(std::uint64_t)>& count,
           const std::stop_token& stop);

  [[nodiscard]] bool holds(const Entry& entry, std::uint32_t blob) const {
    return !held_.empty() && held_[entry.first_content + blob] != 0;
  }
  [[nodiscard]] bool holds_all(const Entry& entry) const;

 private:
  const Plan& plan_;
  std::vector<std::uint8_t> held_;
};

}  // namespace pra::restore
