#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace pra {

/// A child program to run; no shell is involved.
struct ProcessRequest {
  std::vector<std::string> command;  ///< Program (looked up in PATH) and its arguments.
  std::map<std::string, std::string> environment;  ///< Added to the inherited environment.
  std::string directory;                           ///< Working directory; empty: the caller's.
  std::string input;                               ///< Written to its standard input, then closed.
  Duration timeout = Duration::zero();             ///< Zero: none. Then SIGTERM, 2 s, SIGKILL.
  std::size_t output_limit = 1 << 20;              ///< Bytes kept of each of its two streams.
  /// When set, standard output goes here in pieces, as it comes, instead of being kept.
  std::function<void(ByteView)> on_output;
};

struct ProcessResult {
  int exit_code = -1;  ///< -1 when it was ended by a signal.
  int signal = 0;
  bool timed_out = false;
  std::string output;        ///< Standard output, cut at output_limit.
  std::string error_output;  ///< Standard error, likewise.
};

/// Runs a program in a process group of its own and waits for it; the whole group is ended on
/// timeout and on `stop`. Throws Error(kNotFound) when the program is not there,
/// Error(kCancelled) on `stop`. A non-zero exit is not an error here. The only place where the
/// library starts processes (Boost.Process v2 with pipes of our own, close-on-exec).
[[nodiscard]] ProcessResult run_process(const ProcessRequest& request, const std::stop_token& stop);

}  // namespace pra
