#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pra {

/// What a long operation has done so far, written by its threads and read by whoever shows it. The
/// counters only grow within a phase. Safe for concurrent use.
class Progress {
 public:
  struct View {
    std::string phase;    ///< "scan", "backup", "restore", "verify", …
    std::string current;  ///< What is at work now: a path; may be empty.
    std::uint64_t items_done = 0;
    std::uint64_t items_total = 0;  ///< 0 while unknown.
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;  ///< 0 while unknown.
    std::uint64_t problems = 0;
  };

  void begin_phase(std::string_view phase, std::uint64_t items_total, std::uint64_t bytes_total);
  void set_totals(std::uint64_t items_total, std::uint64_t bytes_total);
  void set_current(std::string_view what);
  void add(std::uint64_t items, std::uint64_t bytes) {
    items_done_.fetch_add(items, std::memory_order_relaxed);
    bytes_done_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void add_problem() { problems_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] View view() const;

 private:
  mutable std::mutex mutex_;
  std::string phase_;
  std::string current_;
  std::atomic<std::uint64_t> items_done_ = 0;
  std::atomic<std::uint64_t> items_total_ = 0;
  std::atomic<std::uint64_t> bytes_done_ = 0;
  std::atomic<std::uint64_t> bytes_total_ = 0;
  std::atomic<std::uint64_t> problems_ = 0;
};

/// One item that could not be handled while the rest went on.
struct Problem {
  std::string item;     ///< Path or id, printable.
  std::string message;  ///< What failed and why.
};

/// Collects problems from many threads; keeps the first `kept` and counts all. Safe for concurrent
/// use.
class ProblemList {
 public:
  explicit ProblemList(std::size_t kept = 10'000) : kept_(kept) {}
  void add(Problem problem);
  [[nodiscard]] std::vector<Problem> items() const;
  [[nodiscard]] std::uint64_t count() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Problem> items_;
  std::uint64_t count_ = 0;
  std::size_t kept_;
};

}  // namespace pra
