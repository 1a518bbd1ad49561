#pragma once

#include <pra/pra.h>

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "command_line.hpp"

namespace pra_host {

/// Standard output and standard error: results go to the one, talk to the other. On a terminal
/// there is one progress line; in a pipe a plain line every 10 seconds; with --json an object a
/// second. Safe for concurrent use.
class Screen {
 public:
  explicit Screen(const Display& display);

  void log(pra_log_level level, std::string_view message);
  void progress(const pra_progress& state);
  /// One line of JSON on standard output.
  void json(const boost::json::object& object);
  /// Text on standard output.
  void print(std::string_view text);
  /// Bytes on standard output; false when it takes no more.
  [[nodiscard]] bool write(const void* bytes, std::size_t length);
  /// An error on standard error, with its hint, and with --json also as an object.
  void error(const std::string& name, int exit_code, const std::string& message,
             const std::string& hint);
  /// The progress line is no longer shown.
  void end_progress();
  /// Writes what is buffered; false when standard output did not take everything.
  [[nodiscard]] bool flush();

 private:
  [[nodiscard]] bool time_for_progress(const pra_progress& state);
  [[nodiscard]] std::string progress_text(const pra_progress& state);
  void clear_line();

  using SteadyClock = std::chrono::steady_clock;
  std::mutex mutex_;
  Display display_;
  bool terminal_;
  bool line_shown_ = false;
  bool output_failed_ = false;
  SteadyClock::time_point last_shown_;
  SteadyClock::time_point phase_began_;
  std::string phase_;
};

}  // namespace pra_host
