#include "ops/backup_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/words.hpp"

namespace pra::ops {

namespace {

constexpr std::array<std::string_view, 3> kTypes{"files", "postgres", "command"};

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, message, hint);
}

/// Puts `files PATH…`, `postgres` and `command PROGRAM ARG…` of `sources` where the parameters of
/// their own say the same.
json::object expand(const json::object& checked) {
  const Arguments arguments(checked);
  const auto words = arguments.list("sources");
  if (arguments.has("type") || !describes_source(arguments)) return checked;
  auto expanded = checked;
  expanded.erase("sources");
  expanded["type"] = words.front();
  json::array rest;
  for (std::size_t i = 1; i < words.size(); ++i)
    rest.emplace_back(words[i]);
  if (rest.empty()) return expanded;
  if (words.front() == "postgres")
    refuse(fmt::format("unexpected '{}' after 'postgres'", printable(words[1])),
           "say which cluster with dsn: --dsn service=shop");
  const std::string_view member = words.front() == "files" ? "paths" : "command";
  if (expanded.contains(member)) refuse(fmt::format("'{}' is given twice", member), "give it once");
  expanded[member] = std::move(rest);
  return expanded;
}

void fill_common(const Arguments& arguments, backup::CommonOptions& options) {
  for (const auto& tag : arguments.list("tag"))
    options.tags.push_back(tag);
  options.hostname = arguments.text("host");
  if (arguments.has("time")) options.time = parse_rfc3339(arguments.text("time"));
  options.dry_run = arguments.flag("dry_run");
  options.compression_level = static_cast<int>(arguments.integer("compression"));
  options.workers = static_cast<unsigned>(arguments.integer("workers"));
  if (options.compression_level < 1 || options.compression_level > 19)
    refuse("'compression' must be from 1 (fast) to 19 (small)", "2 is what is right for most");
  if (arguments.integer("workers") < 0 || options.workers > 256)
    refuse("'workers' must be from 1 to 256", "leave it out for one a core");
}

void fill(const Arguments& arguments, backup::FileOptions& options) {
  const auto append = [](std::vector<std::string>& to, std::vector<std::string> more) {
    std::ranges::move(more, std::back_inserter(to));
  };
  append(options.paths, arguments.list("paths"));
  append(options.excludes, arguments.list("exclude"));
  append(options.exclude_files, arguments.list("exclude_file"));
  append(options.exclude_if_present, arguments.list("exclude_if_present"));
  options.exclude_caches |= arguments.flag("exclude_caches");
  options.one_file_system |= arguments.flag("one_file_system");
  if (arguments.has("exclude_larger_than"))
    options.exclude_larger_than = arguments.size("exclude_larger_than");
  options.parent = arguments.text("parent");
  options.force = arguments.flag("force");
  options.with_access_times = arguments.flag("with_atime");
  if (options.paths.empty()) refuse("there is nothing to back up", "name files or directories");
}

void fill(const Arguments& arguments, backup::PostgresOptions& options) {
  if (arguments.has("dsn")) options.dsn = arguments.text("dsn");
  options.fast_checkpoint = arguments.text("checkpoint") != "spread";
  options.page_group = arguments.size("page_group");
}

void fill(const Arguments& arguments, CommandOptions& options) {
  for (auto& word : arguments.list("command"))
    options.command.push_back(std::move(word));
  if (arguments.has("file_name")) options.file_name = arguments.text("file_name");
  if (options.file_name.empty()) options.file_name = options.source_name;
  if (options.command.empty())
    refuse("there is no program to run", "pra backup … command --name crm.sql -- mariadb-dump crm");
  if (options.file_name.empty())
    refuse("the file that the program's output becomes has no name", "give name or file_name");
  if (options.file_name.find('/') != std::string::npos || options.file_name == "." ||
      options.file_name == "..")
    refuse(fmt::format("'{}' cannot be a file's name", printable(options.file_name)),
           "give file_name without '/'");
}

template <class Options>
BackupJob finish(const Arguments& arguments, Options options, std::string name, std::string type) {
  options.source_name = name;
  fill_common(arguments, options);
  fill(arguments, options);
  return {std::move(name), std::move(type), std::move(options)};
}

/// Parameters that say what a source is do not go with a source of the configuration.
void refuse_for(const std::string& subject, const Arguments& arguments,
                std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (arguments.has(name))
      refuse(fmt::format("'{}' does not go with {}", name, subject), "leave it out");
}

BackupJob job_of(const config::Source& source, const Arguments& arguments) {
  refuse_for("a source of the configuration", arguments,
             {"paths", "dsn", "command", "file_name", "name"});
  if (const auto* files = std::get_if<config::FilesSource>(&source.what)) {
    backup::FileOptions options;
    options.tags = source.tags;
    options.paths = files->paths;
    options.excludes = files->exclude;
    options.exclude_files = files->exclude_files;
    options.exclude_caches = files->exclude_caches;
    options.one_file_system = files->one_file_system;
    options.exclude_larger_than = files->exclude_larger_than;
    return finish(arguments, std::move(options), source.name, "files");
  }
  if (const auto* postgres = std::get_if<config::PostgresSource>(&source.what)) {
    backup::PostgresOptions options;
    options.tags = source.tags;
    options.dsn = postgres->dsn;
    return finish(arguments, std::move(options), source.name, "postgres");
  }
  const auto& command = std::get<config::CommandSource>(source.what);
  CommandOptions options;
  options.tags = source.tags;
  options.command = command.command;
  options.file_name = command.file_name;
  return finish(arguments, std::move(options), source.name, "command");
}

BackupJob described_job(const Arguments& arguments) {
  const auto type = arguments.text("type");
  const auto name = arguments.text("name");
  if (type == "files") {
    refuse_for("files", arguments, {"dsn", "command", "file_name"});
    return finish(arguments, backup::FileOptions{}, name, type);
  }
  if (type == "postgres") {
    refuse_for("postgres", arguments, {"paths", "command", "file_name"});
    return finish(arguments, backup::PostgresOptions{}, name, type);
  }
  refuse_for("command", arguments, {"paths", "dsn"});
  return finish(arguments, CommandOptions{}, name, type);
}

}  // namespace

bool describes_source(const Arguments& arguments) {
  if (arguments.has("type")) return true;
  const auto words = arguments.list("sources");
  return !words.empty() && std::ranges::find(kTypes, words.front()) != kTypes.end();
}

std::vector<BackupJob> backup_jobs(const json::object& checked,
                                   const std::optional<config::Config>& config) {
  const auto expanded = expand(checked);
  const Arguments arguments(expanded);
  const auto names = arguments.list("sources");
  if (arguments.has("type")) {
    if (!names.empty())
      refuse("'sources' and 'type' say two different things to back up", "give one of them");
    return {described_job(arguments)};
  }
  if (!config || config->sources.empty())
    refuse("there is nothing to back up",
           "say what: pra backup … files PATH…, or list sources in pra.yaml");
  std::vector<std::string> known;
  for (const auto& source : config->sources)
    known.push_back(source.name);
  std::vector<BackupJob> jobs;
  for (const auto& name : names.empty() ? known : names) {
    const auto found = std::ranges::find(config->sources, name, &config::Source::name);
    if (found == config->sources.end()) {
      const auto nearest = nearest_name(name, known);
      refuse(fmt::format("{} has no source '{}'", config->path, printable(name)),
             nearest.empty() ? "for paths write: pra backup files PATH…"
                             : fmt::format("did you mean '{}'?", nearest));
    }
    jobs.push_back(job_of(*found, arguments));
  }
  return jobs;
}

}  // namespace pra::ops
