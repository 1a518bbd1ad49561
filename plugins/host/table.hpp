#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pra_host {

/// One parameter of an operation, as pra_operations_json describes it.
struct Parameter {
  std::string name;
  std::string type;
  std::string help;
  std::string default_text;
  std::vector<std::string> choices;
  bool required = false;
  bool positional = false;
  bool repository = false;

  [[nodiscard]] bool is_flag() const { return type == "boolean"; }
  [[nodiscard]] bool is_list() const {
    return type == "string_list" || type == "path_list" || type == "string_map";
  }
  [[nodiscard]] bool is_path() const { return type == "path" || type == "path_list"; }
  /// "--key-file".
  [[nodiscard]] std::string option() const;
  /// What stands for the value in help: "PATH", "DURATION", "always|never".
  [[nodiscard]] std::string placeholder() const;
};

struct ResultField {
  std::string name;
  std::string type;
  std::string help;
};

struct Operation {
  std::string name;
  std::string group;
  std::string summary;
  std::string details;
  std::vector<std::string> examples;
  bool changes = false;
  std::vector<Parameter> parameters;
  std::vector<ResultField> results;

  /// As it is typed: "config check".
  [[nodiscard]] std::string command() const;
  [[nodiscard]] bool has_result(std::string_view field) const;
};

/// The library's table of operations.
[[nodiscard]] std::vector<Operation> load_table();
[[nodiscard]] const Operation* find(const std::vector<Operation>& table, std::string_view name);

}  // namespace pra_host
