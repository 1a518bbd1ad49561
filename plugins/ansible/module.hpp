#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "library.hpp"

namespace pra_ansible {

/// The arguments of a task, taken apart: the user's own, and what Ansible adds.
struct TaskArguments {
  boost::json::object user;
  bool check_mode = false;
  bool diff = false;
};

/// Parses the JSON that Ansible hands to a binary module. Throws std::runtime_error.
[[nodiscard]] TaskArguments parse_arguments(const std::string& text);

/// Runs an operation as a module and gives the JSON object that Ansible reads: changed, failed,
/// msg, diff, warnings, invocation, and the operation's results.
[[nodiscard]] boost::json::object run_module(const Library& library, const std::string& operation,
                                             const TaskArguments& arguments);

/// The user's arguments as they may be shown: a key that is not a reference could be the secret
/// itself and is masked.
[[nodiscard]] boost::json::object shown_arguments(const boost::json::object& user);

}  // namespace pra_ansible
