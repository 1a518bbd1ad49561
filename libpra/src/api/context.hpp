#pragma once

#include <pra/context.h>

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/time.hpp"

/// The C side's context.
struct pra_context {
  std::shared_ptr<pra::FileSystem> files;
  std::shared_ptr<pra::Clock> clock;
  std::shared_ptr<pra::Logger> logger;
  std::string cache_directory;

  /// What `cancel` stops from now on.
  [[nodiscard]] std::stop_token stop_token() const {
    const std::scoped_lock lock(mutex_);
    return stop_.get_token();
  }
  void cancel() {
    auto source = [&] {
      const std::scoped_lock lock(mutex_);
      return stop_;
    }();
    // Without the lock: what it wakes may ask for the token.
    source.request_stop();
  }
  void reset() {
    const std::scoped_lock lock(mutex_);
    stop_ = std::stop_source();
  }

 private:
  mutable std::mutex mutex_;
  std::stop_source stop_;
};
