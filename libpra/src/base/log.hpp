#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace pra {

enum class LogLevel : int { kError = 0, kWarning = 1, kInfo = 2, kDebug = 3 };

/// Where messages go. Handed down from the API's context; there is no global one. Safe for
/// concurrent use: the sink is called by one thread at a time.
class Logger {
 public:
  using Sink = std::function<void(LogLevel, std::string_view)>;

  /// Without a sink every message is dropped.
  explicit Logger(Sink sink = {}, LogLevel level = LogLevel::kInfo)
      : sink_(std::move(sink)), level_(level) {}

  [[nodiscard]] bool enabled(LogLevel level) const { return sink_ && level <= level_; }
  void write(LogLevel level, std::string_view message) {
    if (!enabled(level)) return;
    const std::scoped_lock lock(mutex_);
    sink_(level, message);
  }
  void error(std::string_view message) { write(LogLevel::kError, message); }
  void warning(std::string_view message) { write(LogLevel::kWarning, message); }
  void info(std::string_view message) { write(LogLevel::kInfo, message); }
  void debug(std::string_view message) { write(LogLevel::kDebug, message); }

 private:
  std::mutex mutex_;
  Sink sink_;
  LogLevel level_;
};

}  // namespace pra
