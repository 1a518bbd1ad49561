#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "table.hpp"

namespace pra_host {

/// How to show things; the same for every operation.
struct Display {
  bool json = false;
  bool quiet = false;
  int verbose = 0;
  bool nagios = false;       ///< Operations with a result "nagios".
  bool long_format = false;  ///< ls.
};

/// What was typed.
struct CommandLine {
  enum class Action { kRun, kHelp, kOverview, kVersion, kCompletion, kReference };
  Action action = Action::kRun;
  std::string operation;  ///< To run, or to help with; empty: help in general.
  boost::json::object parameters;
  Display display;
};

/// Options of the host itself, for help and completion.
struct HostOption {
  std::string flags;  ///< "-q,--quiet".
  std::string help;
};
[[nodiscard]] std::vector<HostOption> host_options(const Operation* operation);

/// Throws Failure(PRA_INVALID_ARGUMENT) for what cannot be understood. What is wrong with
/// parameters is left to the library, which knows them.
[[nodiscard]] CommandLine parse_command_line(const std::vector<Operation>& table, int count,
                                             char** values);

}  // namespace pra_host
