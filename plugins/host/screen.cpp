#include "screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include <boost/json/serialize.hpp>

#include "format.hpp"
#include "wrap.hpp"

namespace pra_host {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuietStart{300};
constexpr milliseconds kTerminalInterval{90};
constexpr milliseconds kJsonInterval{1000};
constexpr milliseconds kPipeInterval{10'000};

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

std::string_view level_name(pra_log_level level) {
  switch (level) {
    case PRA_LOG_ERROR:
      return "error";
    case PRA_LOG_WARNING:
      return "warning";
    case PRA_LOG_INFO:
      return "info";
    case PRA_LOG_DEBUG:
      return "debug";
  }
  return "info";
}

boost::json::object progress_object(const pra_progress& state) {
  return {{"type", "progress"},
          {"phase", state.phase},
          {"current", state.current},
          {"items_done", state.items_done},
          {"items_total", state.items_total},
          {"bytes_done", state.bytes_done},
          {"bytes_total", state.bytes_total},
          {"problems", state.problems},
          {"elapsed_seconds", state.elapsed_seconds}};
}

/// Cuts text to `width` columns, at the start when it is a path.
std::string fitted(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  if (width < 8) return {};
  std::size_t from = text.size();
  for (std::size_t taken = 0; from > 0 && taken < width - 1;) {
    --from;
    if ((static_cast<unsigned char>(text[from]) & 0xc0) != 0x80) ++taken;
  }
  return "…" + text.substr(from);
}

}  // namespace

Screen::Screen(const Display& display) : display_(display), terminal_(isatty(STDERR_FILENO) == 1) {
  phase_began_ = SteadyClock::now();
  last_shown_ = phase_began_;
}

void Screen::clear_line() {
  if (!line_shown_) return;
  fmt::print(stderr, "\r\033[K");
  line_shown_ = false;
}

void Screen::log(pra_log_level level, std::string_view message) {
  if (display_.json) {
    json({{"type", "log"}, {"level", level_name(level)}, {"message", message}});
    return;
  }
  const std::scoped_lock lock(mutex_);
  clear_line();
  fmt::print(stderr, "pra: {}: {}\n", level_name(level), message);
}

bool Screen::time_for_progress(const pra_progress& state) {
  const auto now = SteadyClock::now();
  if (phase_ != state.phase) {
    phase_ = state.phase;
    phase_began_ = now;
  }
  const auto interval = display_.json ? kJsonInterval
                        : terminal_   ? kTerminalInterval
                                      : kPipeInterval;
  const bool early =
      terminal_ && state.elapsed_seconds * 1000 < static_cast<double>(kQuietStart.count());
  if (early || now - last_shown_ < interval) return false;
  last_shown_ = now;
  return true;
}

std::string Screen::progress_text(const pra_progress& state) {
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - phase_began_).count();
  const double rate = seconds > 0.5 ? static_cast<double>(state.bytes_done) / seconds : 0;
  auto text = fmt::format("{}: ", *state.phase == '\0' ? "working" : state.phase);
  const bool in_bytes = state.bytes_done != 0 || state.bytes_total != 0;
  if (in_bytes) text += size_text(state.bytes_done);
  if (state.bytes_total != 0) {
    const auto percent =
        100.0 * static_cast<double>(state.bytes_done) / static_cast<double>(state.bytes_total);
    text +=
        fmt::format(" of {} ({:.0f} %)", size_text(state.bytes_total), std::min(percent, 100.0));
  }
  if (rate > 0) text += fmt::format(", {}/s", size_text(static_cast<std::uint64_t>(rate)));
  if (rate > 0 && state.bytes_total > state.bytes_done)
    text += fmt::format(
        ", {} left",
        duration_text(static_cast<double>(state.bytes_total - state.bytes_done) / rate));
  text += (in_bytes ? ", " : "") + count_text(state.items_done);
  if (state.items_total != 0) text += " of " + count_text(state.items_total);
  text += " items";
  if (state.problems != 0) text += ", " + counted(state.problems, "problem");
  return text;
}

void Screen::progress(const pra_progress& state) {
  if (display_.quiet) return;
  std::unique_lock lock(mutex_);
  if (!time_for_progress(state)) return;
  if (display_.json) {
    lock.unlock();
    json(progress_object(state));
    return;
  }
  const auto text = progress_text(state);
  if (!terminal_) {
    fmt::print(stderr, "pra: {}\n", text);
    return;
  }
  const auto width = terminal_width() - 1;
  const auto used = columns(text) + 2;
  fmt::print(stderr, "\r\033[K{}  {}", fitted(text, width),
             used < width ? fitted(state.current, width - used) : "");
  std::fflush(stderr);
  line_shown_ = true;
}

void Screen::json(const boost::json::object& object) {
  const auto text = boost::json::serialize(object) + "\n";
  const std::scoped_lock lock(mutex_);
  output_failed_ |= std::fwrite(text.data(), 1, text.size(), stdout) != text.size();
  output_failed_ |= std::fflush(stdout) != 0;
}

void Screen::print(std::string_view text) {
  static_cast<void>(write(text.data(), text.size()));
}

bool Screen::write(const void* bytes, std::size_t length) {
  const std::scoped_lock lock(mutex_);
  clear_line();
  output_failed_ |= std::fwrite(bytes, 1, length, stdout) != length;
  return !output_failed_;
}

void Screen::error(const std::string& name, int exit_code, const std::string& message,
                   const std::string& hint) {
  if (display_.json)
    json({{"type", "error"},
          {"code", name},
          {"exit_code", exit_code},
          {"message", message},
          {"hint", hint}});
  const std::scoped_lock lock(mutex_);
  clear_line();
  fmt::print(stderr, "pra: {}\n", message);
  if (!hint.empty()) fmt::print(stderr, "hint: {}\n", hint);
}

void Screen::end_progress() {
  const std::scoped_lock lock(mutex_);
  clear_line();
}

bool Screen::flush() {
  const std::scoped_lock lock(mutex_);
  output_failed_ |= std::fflush(stdout) != 0;
  return !output_failed_;
}

}  // namespace pra_host
