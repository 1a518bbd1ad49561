#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/words.hpp"
#include "ops/operation.hpp"
#include "ops/operations/all.hpp"
#include "ops/parameters.hpp"

namespace pra::ops {

std::string_view parameter_type_name(ParameterType type) {
  switch (type) {
    case ParameterType::kString:
      return "string";
    case ParameterType::kPath:
      return "path";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kBoolean:
      return "boolean";
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kSize:
      return "size";
    case ParameterType::kStringList:
      return "string_list";
    case ParameterType::kPathList:
      return "path_list";
    case ParameterType::kStringMap:
      return "string_map";
  }
  return "string";
}

std::span<const Operation> operations() {
  static const std::array kOperations{
      init_operation(),   backup_operation(),  snapshots_operation(), ls_operation(),
      dump_operation(),   restore_operation(), verify_operation(),    digest_operation(),
      health_operation(), status_operation(),  unlock_operation(),    config_check_operation()};
  return kOperations;
}

const Operation* find_operation(std::string_view name) {
  const auto all = operations();
  const auto found = std::ranges::find(all, name, &Operation::name);
  return found == all.end() ? nullptr : &*found;
}

namespace {

json::array strings(const std::vector<std::string>& items) {
  json::array out;
  for (const auto& item : items)
    out.emplace_back(item);
  return out;
}

json::object describe(const Parameter& parameter) {
  json::object out{{"name", parameter.name},
                   {"type", parameter_type_name(parameter.type)},
                   {"help", parameter.help},
                   {"required", parameter.required},
                   {"positional", parameter.positional},
                   {"repository", parameter.repository},
                   {"choices", strings(parameter.choices)}};
  out["default"] =
      parameter.default_text.empty() ? json::value() : json::value(parameter.default_text);
  return out;
}

json::object describe(const Operation& operation) {
  json::array parameters;
  for (const auto& parameter : operation.parameters)
    parameters.push_back(describe(parameter));
  json::array results;
  for (const auto& field : operation.results)
    results.push_back(
        json::object{{"name", field.name}, {"type", field.type}, {"help", field.help}});
  return {{"name", operation.name},
          {"group", operation.group},
          {"summary", operation.summary},
          {"details", operation.details},
          {"examples", strings(operation.examples)},
          {"changes", operation.changes},
          {"dry_run", operation.dry_run},
          {"parameters", parameters},
          {"results", results}};
}

}  // namespace

json::value describe_operations() {
  json::array list;
  for (const auto& operation : operations())
    list.push_back(describe(operation));
  return json::object{{"operations", list}};
}

json::object run_operation(std::string_view name, const json::object& parameters,
                           Context& context) {
  const auto* operation = find_operation(name);
  if (operation == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : operations())
      names.push_back(known.name);
    const auto nearest = nearest_name(name, names);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("there is no operation '{}'", printable(name.substr(0, 64))),
                nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
  }
  return operation->run(check_parameters(*operation, parameters), context);
}

}  // namespace pra::ops
