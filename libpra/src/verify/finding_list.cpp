#include "verify/finding_list.hpp"

#include <algorithm>
#include <tuple>

namespace pra::verify {
namespace {

constexpr std::size_t kKept = 10'000;

}  // namespace

void FindingList::add(Finding finding) {
  const std::scoped_lock lock(mutex_);
  ++count_;
  if (finding.severity == "error") ++error_count_;
  if (findings_.size() < kKept) findings_.push_back(std::move(finding));
}

std::vector<Finding> FindingList::take() {
  const std::scoped_lock lock(mutex_);
  std::sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.severity, a.object, a.message) < std::tie(b.severity, b.object, b.message);
  });
  return std::move(findings_);
}

std::uint64_t FindingList::error_count() const {
  const std::scoped_lock lock(mutex_);
  return error_count_;
}

std::uint64_t FindingList::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

}  // namespace pra::verify
