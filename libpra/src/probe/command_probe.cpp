#include <fmt/format.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "probe/checks.hpp"

namespace pra::probe {

namespace {

/// The first line of what a program said, for a one-line message.
std::string first_line(const std::string& text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return {};
  return printable(std::string_view(text).substr(
      start, std::min<std::size_t>(text.find('\n', start) - start, 200)));
}

}  // namespace

Finding check(const CommandProbe& probe, Duration timeout, const std::stop_token& stop) {
  ProcessRequest request;
  request.command = probe.command;
  request.directory = probe.directory;
  request.timeout = timeout;
  const auto result = run_process(request, stop);

  Finding finding;
  finding.values["exit_code"] = result.exit_code;
  const auto said = first_line(result.error_output.empty() ? result.output : result.error_output);
  const auto tail = said.empty() ? std::string() : ": " + said;
  if (result.timed_out) {
    finding.message = "no result in time" + tail;
  } else if (result.signal != 0) {
    finding.message = fmt::format("ended by signal {}{}", result.signal, tail);
  } else {
    finding.healthy = result.exit_code == 0;
    finding.message = fmt::format("exit code {}{}", result.exit_code, tail);
  }
  return finding;
}

}  // namespace pra::probe
