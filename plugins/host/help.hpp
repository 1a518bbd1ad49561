#pragma once

#include <string>
#include <vector>

#include "table.hpp"

namespace pra_host {

/// All commands, by group.
[[nodiscard]] std::string overview(const std::vector<Operation>& table);
/// One command: usage, options, examples.
[[nodiscard]] std::string help_for(const Operation& operation);
/// docs/reference.md.
[[nodiscard]] std::string reference(const std::vector<Operation>& table);
/// A completion script for bash.
[[nodiscard]] std::string bash_completion(const std::vector<Operation>& table);

/// "pra restore [OPTIONS] --target PATH [SNAPSHOT]".
[[nodiscard]] std::string usage_of(const Operation& operation);

}  // namespace pra_host
