#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/directory.hpp"
#include "restore/plan.hpp"

namespace pra::restore {

/// Open directories of the target, at most `capacity` beside those in use. Every directory is
/// opened from its parent's descriptor without following links. Safe for concurrent use.
class DirectoryCache {
 public:
  DirectoryCache(const Plan& plan, std::shared_ptr<const Directory> root,
                 std::size_t capacity = 200);

  /// Throws when the directory, or one above it, is not there or is no directory.
  [[nodiscard]] std::shared_ptr<const Directory> get(EntryNumber directory);

 private:
  struct Slot {
    EntryNumber number = 0;
    std::shared_ptr<const Directory> directory;
  };

  [[nodiscard]] std::shared_ptr<const Directory> find(EntryNumber number);
  void keep(EntryNumber number, const std::shared_ptr<const Directory>& directory);

  const Plan& plan_;
  const std::shared_ptr<const Directory> root_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Slot> slots_;  ///< Most recently used first.
  std::unordered_map<EntryNumber, std::list<Slot>::iterator> places_;
};

}  // namespace pra::restore
