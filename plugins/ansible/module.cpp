#include "module.hpp"

#include <stdexcept>
#include <string_view>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace pra_ansible {

namespace json = boost::json;

namespace {

constexpr std::string_view kMask = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

bool is_reference(std::string_view text) {
  for (const std::string_view kind : {"file:", "env:", "command:", "credential:"})
    if (text.starts_with(kind)) return true;
  return false;
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
}

bool flag_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// The description of one operation in the table.
json::object describe(const Library& library, const std::string& operation) {
  const auto table = json::parse(library.operations());
  for (const auto& entry : table.at("operations").as_array())
    if (text_of(entry.as_object(), "name") == operation) return entry.as_object();
  throw std::runtime_error("the libpra.so.1 of this host is too old: it has no operation '" +
                           operation + "'. Install a newer libpra on it");
}

/// Before and after, as Ansible shows it with --diff: one line an entry.
json::object make_diff(const json::object& result) {
  std::string before;
  std::string after;
  const auto* changes = result.if_contains("changes");
  if (changes != nullptr && changes->is_array())
    for (const auto& change : changes->get_array()) {
      if (!change.is_object()) continue;
      const std::string path(text_of(change.get_object(), "path"));
      const std::string action(text_of(change.get_object(), "action"));
      if (action != "create") before += path + (action == "remove" ? "\n" : " (differs)\n");
      if (action != "remove")
        after += path + (action == "create" ? "\n" : " (as in the snapshot)\n");
    }
  return {{"before_header", "target"},
          {"after_header", "snapshot"},
          {"before", before},
          {"after", after}};
}

std::string message_of(const json::object& result, const std::string& operation, bool failed) {
  if (const auto message = text_of(result, "message"); !message.empty())
    return std::string(message);
  std::string out = operation + (failed ? " finished with problems" : " finished");
  if (const auto* problems = result.if_contains("problems");
      problems != nullptr && problems->is_array())
    for (const auto& problem : problems->get_array()) {
      if (!problem.is_object()) continue;
      out += "; " + std::string(text_of(problem.get_object(), "item")) + ": " +
             std::string(text_of(problem.get_object(), "message"));
      if (out.size() > 2000) break;
    }
  return out;
}

void add_warnings(json::object& answer, const json::object& result, bool failed) {
  const auto* problems = result.if_contains("problems");
  if (failed || problems == nullptr || !problems->is_array()) return;
  json::array warnings;
  for (const auto& problem : problems->get_array()) {
    if (!problem.is_object() || warnings.size() == 20) break;
    warnings.emplace_back(std::string(text_of(problem.get_object(), "item")) + ": " +
                          std::string(text_of(problem.get_object(), "message")));
  }
  if (!warnings.empty()) answer["warnings"] = std::move(warnings);
}

}  // namespace

TaskArguments parse_arguments(const std::string& text) {
  const auto parsed = json::parse(text);
  if (!parsed.is_object()) throw std::runtime_error("the arguments are not a JSON object");
  TaskArguments arguments;
  for (const auto& [name, value] : parsed.get_object()) {
    if (name == "_ansible_check_mode")
      arguments.check_mode = value.is_bool() && value.get_bool();
    else if (name == "_ansible_diff")
      arguments.diff = value.is_bool() && value.get_bool();
    else if (!name.starts_with("_ansible_") && !value.is_null())
      arguments.user[name] = value;
  }
  return arguments;
}

json::object shown_arguments(const json::object& user) {
  auto shown = user;
  if (auto* key = shown.if_contains("key"); key != nullptr)
    if (!key->is_string() || !is_reference(key->get_string())) *key = kMask;
  return shown;
}

json::object run_module(const Library& library, const std::string& operation,
                        const TaskArguments& arguments) {
  const auto description = describe(library, operation);
  const bool changes = flag_of(description, "changes");
  auto parameters = arguments.user;
  if (arguments.check_mode && changes) parameters["dry_run"] = true;
  const auto outcome = library.run(operation, json::serialize(parameters));

  json::object answer;
  if (!outcome.succeeded) {
    answer["failed"] = true;
    answer["changed"] = false;
    answer["msg"] = outcome.message + (outcome.hint.empty() ? "" : ". Hint: " + outcome.hint);
    return answer;
  }
  const auto result = json::parse(outcome.result).as_object();
  answer = result;
  const auto* code = result.if_contains("code");
  const bool failed = code != nullptr && code->is_int64() && code->get_int64() != 0;
  // An operation that cannot tell whether it changed something did.
  answer["changed"] = result.contains("changed") ? flag_of(result, "changed") : changes;
  answer["failed"] = failed;
  answer["msg"] = message_of(result, operation, failed);
  add_warnings(answer, result, failed);
  if (arguments.diff && result.contains("changes")) answer["diff"] = make_diff(result);
  return answer;
}

}  // namespace pra_ansible
