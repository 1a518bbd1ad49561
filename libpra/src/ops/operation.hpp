#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/time.hpp"

namespace pra::ops {

enum class ParameterType {
  kString,
  kPath,
  kInteger,
  kBoolean,
  kDuration,
  kSize,
  kStringList,
  kPathList,
  kStringMap
};
[[nodiscard]] std::string_view parameter_type_name(ParameterType type);

/// One parameter of an operation. `name` is snake_case; the command line shows it with dashes.
struct Parameter {
  std::string name{};
  ParameterType type = ParameterType::kString;
  std::string help{};
  bool required = false;
  std::string default_text{};          ///< As it would be typed; empty: none.
  std::vector<std::string> choices{};  ///< Allowed values; empty: any.
  bool positional = false;             ///< On the command line: by place instead of by --name.
  bool repository = false;             ///< One of the shared ones that say which repository.
};

struct ResultField {
  std::string name;
  std::string type;  ///< "string", "integer", "number", "boolean", "list", "object".
  std::string help;
};

/// What an operation runs with.
struct Context {
  std::shared_ptr<FileSystem> files;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Logger> logger;
  Progress& progress;
  std::stop_token stop;
  /// Emits one event ({"type": …}) while the operation runs; may be empty.
  std::function<void(const json::object&)> event;
  /// Takes the bytes that an operation makes (a file's content, lists of digests); may be empty.
  std::function<void(ByteView)> data;
  /// For local caches, unless the parameter `cache_dir` says otherwise; empty: none.
  std::string cache_directory;
};

/// An operation, declared once: from this come the command line and its help, the Terraform query,
/// the Ansible arguments, the JSON and the reference pages.
struct Operation {
  std::string name{};  ///< snake_case: "backup", "snapshots"; the command line has a space for '_'.
  std::string group{};                  ///< Heading in help and reference.
  std::string summary{};                ///< One line.
  std::string details{};                ///< More, for help and reference.
  std::vector<std::string> examples{};  ///< Command lines.
  bool changes = false;                 ///< Changes the repository or the target.
  bool dry_run = false;                 ///< Has a `dry_run` parameter.
  std::vector<Parameter> parameters{};
  std::vector<ResultField> results{};
  /// `parameters` were checked and defaulted against the table. Throws pra::Error; an outcome that
  /// is a verdict (unhealthy, partial) is in the result's "code" member, as an exit code.
  std::function<json::object(const json::object& parameters, Context& context)> run{};
};

/// Every operation, in the order of the reference.
[[nodiscard]] std::span<const Operation> operations();
/// Nothing when there is none of that name.
[[nodiscard]] const Operation* find_operation(std::string_view name);
/// The table as JSON, for hosts and bindings.
[[nodiscard]] json::value describe_operations();

/// Checks `parameters` against the table — unknown names (with the nearest known), missing ones,
/// wrong types ("5" is accepted for 5), units — applies defaults and runs. Error(kInvalidArgument)
/// says everything that is wrong at once.
[[nodiscard]] json::object run_operation(std::string_view name, const json::object& parameters,
                                         Context& context);

}  // namespace pra::ops
