#include "restore/directory_cache.hpp"

#include <vector>

namespace pra::restore {

DirectoryCache::DirectoryCache(const Plan& plan, std::shared_ptr<const Directory> root,
                               std::size_t capacity)
    : plan_(plan), root_(std::move(root)), capacity_(capacity) {}

std::shared_ptr<const Directory> DirectoryCache::get(EntryNumber directory) {
  std::vector<EntryNumber> to_open;
  auto found = find(directory);
  for (auto number = directory; !found; found = find(number)) {
    to_open.push_back(number);
    number = plan_.entry(number).parent;
  }
  for (auto number = to_open.rbegin(); number != to_open.rend(); ++number) {
    found = std::make_shared<const Directory>(found->open_directory(plan_.name(*number)));
    keep(*number, found);
  }
  return found;
}

std::shared_ptr<const Directory> DirectoryCache::find(EntryNumber number) {
  if (number == 0) return root_;
  const std::scoped_lock lock(mutex_);
  const auto place = places_.find(number);
  if (place == places_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, place->second);
  return place->second->directory;
}

void DirectoryCache::keep(EntryNumber number, const std::shared_ptr<const Directory>& directory) {
  const std::scoped_lock lock(mutex_);
  if (places_.contains(number)) return;
  slots_.push_front({number, directory});
  places_.emplace(number, slots_.begin());
  if (slots_.size() <= capacity_) return;
  places_.erase(slots_.back().number);
  slots_.pop_back();
}

}  // namespace pra::restore
