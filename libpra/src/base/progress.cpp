#include "base/progress.hpp"

namespace pra {

void Progress::begin_phase(std::string_view phase, std::uint64_t items_total,
                           std::uint64_t bytes_total) {
  const std::scoped_lock lock(mutex_);
  phase_ = phase;
  current_.clear();
  items_done_ = 0;
  bytes_done_ = 0;
  items_total_ = items_total;
  bytes_total_ = bytes_total;
}

void Progress::set_totals(std::uint64_t items_total, std::uint64_t bytes_total) {
  items_total_ = items_total;
  bytes_total_ = bytes_total;
}

void Progress::set_current(std::string_view what) {
  const std::scoped_lock lock(mutex_);
  current_ = what;
}

Progress::View Progress::view() const {
  const std::scoped_lock lock(mutex_);
  return {phase_, current_, items_done_, items_total_, bytes_done_, bytes_total_, problems_};
}

void ProblemList::add(Problem problem) {
  const std::scoped_lock lock(mutex_);
  ++count_;
  if (items_.size() < kept_) items_.push_back(std::move(problem));
}

std::vector<Problem> ProblemList::items() const {
  const std::scoped_lock lock(mutex_);
  return items_;
}

std::uint64_t ProblemList::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

}  // namespace pra
