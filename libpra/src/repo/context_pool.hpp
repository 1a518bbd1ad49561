#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pra::repo {

/// Contexts of which one thread at a time may use each: kept for the next who needs one. Safe for
/// concurrent use; outlives its leases.
template <class T>
class ContextPool {
 public:
  class Lease {
   public:
    Lease(ContextPool& pool, std::unique_ptr<T> context)
        : pool_(pool), context_(std::move(context)) {}
    ~Lease() {
      const std::scoped_lock lock(pool_.mutex_);
      pool_.idle_.push_back(std::move(context_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] T* operator->() const { return context_.get(); }

   private:
    ContextPool& pool_;
    std::unique_ptr<T> context_;
  };

  explicit ContextPool(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}

  [[nodiscard]] Lease lease() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        auto context = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(context));
      }
    }
    return Lease(*this, make_());
  }

 private:
  std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace pra::repo
