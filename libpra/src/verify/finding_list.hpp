#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "verify/verify.hpp"

namespace pra::verify {

/// Collects findings from many threads: keeps the first, counts all. Safe for concurrent use.
class FindingList {
 public:
  void error(std::string object, std::string message) {
    add({"error", std::move(object), std::move(message)});
  }
  void warning(std::string object, std::string message) {
    add({"warning", std::move(object), std::move(message)});
  }
  /// In order of what they concern, errors first.
  [[nodiscard]] std::vector<Finding> take();
  [[nodiscard]] std::uint64_t error_count() const;
  [[nodiscard]] std::uint64_t count() const;

 private:
  void add(Finding finding);

  mutable std::mutex mutex_;
  std::vector<Finding> findings_;
  std::uint64_t count_ = 0;
  std::uint64_t error_count_ = 0;
};

}  // namespace pra::verify
