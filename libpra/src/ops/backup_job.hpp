#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backup/backup.hpp"
#include "config/config.hpp"
#include "ops/parameters.hpp"

namespace pra::ops {

/// A program whose output is backed up as one file.
struct CommandOptions : backup::CommonOptions {
  std::vector<std::string> command;
  std::string file_name;
};

/// One snapshot to make.
struct BackupJob {
  std::string name;  ///< Of the source, for messages; may be empty.
  std::string type;  ///< "files", "postgres" or "command".
  std::variant<backup::FileOptions, backup::PostgresOptions, CommandOptions> options;
};

/// What the parameters of `backup` ask for. They describe one source (`type`, or that word at the
/// head of `sources` with what follows it), or name sources of the configuration, or, with neither,
/// mean all of these. Error(kInvalidArgument) for anything that does not fit together.
[[nodiscard]] std::vector<BackupJob> backup_jobs(const json::object& checked,
                                                 const std::optional<config::Config>& config);

/// True when `backup_jobs` needs no configuration.
[[nodiscard]] bool describes_source(const Arguments& arguments);

}  // namespace pra::ops
