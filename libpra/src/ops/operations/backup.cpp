#include "backup/backup.hpp"

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "ops/backup_job.hpp"
#include "ops/command_stream.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

backup::Result run_job(repo::Repository& repository, const BackupJob& job, Context& context) {
  if (const auto* files = std::get_if<backup::FileOptions>(&job.options))
    return backup::backup_files(repository, *files, context.progress, context.stop);
  if (const auto* postgres = std::get_if<backup::PostgresOptions>(&job.options))
    return backup::backup_postgres(repository, *postgres, context.progress, context.stop);
  const auto& command = std::get<CommandOptions>(job.options);
  CommandStream program(command.command, context.stop);
  backup::StreamOptions options;
  static_cast<backup::CommonOptions&>(options) = command;
  options.file_name = command.file_name;
  options.type = "command";
  options.read = [&program](MutableByteView out) { return program.read(out); };
  return backup::backup_stream(repository, options, context.progress, context.stop);
}

json::object source_result(const BackupJob& job, const backup::Result& result) {
  const auto& summary = result.summary;
  json::object out{{"source", printable(job.name)},
                   {"source_type", job.type},
                   {"ok", true},
                   {"files_new", summary.files_new},
                   {"files_changed", summary.files_changed},
                   {"files_unmodified", summary.files_unmodified},
                   {"dirs_new", summary.dirs_new},
                   {"dirs_changed", summary.dirs_changed},
                   {"dirs_unmodified", summary.dirs_unmodified},
                   {"files", summary.total_files_processed},
                   {"bytes", summary.total_bytes_processed},
                   {"bytes_new", summary.data_added},
                   {"bytes_stored", result.repository_bytes_added},
                   {"unreadable_count", result.unreadable_count},
                   {"problem_count", result.problem_count},
                   {"problems", problem_list(result.problems)},
                   {"seconds", seconds(result.elapsed)},
                   {"details", detail_object(result.details)}};
  if (result.snapshot) out["snapshot"] = result.snapshot->hex();
  if (result.parent) out["parent"] = result.parent->hex();
  return out;
}

json::object source_failure(const BackupJob& job, const Error& error) {
  return {{"source", printable(job.name)},
          {"source_type", job.type},
          {"ok", false},
          {"error", printable(error.what())},
          {"hint", printable(error.hint())}};
}

/// The sums over all sources, and the exit code.
struct Totals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_new = 0;
  std::uint64_t bytes_stored = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t problems = 0;
  std::uint64_t failed = 0;

  void add(const backup::Result& result) {
    files += result.summary.total_files_processed;
    bytes += result.summary.total_bytes_processed;
    bytes_new += result.summary.data_added;
    bytes_stored += result.repository_bytes_added;
    unreadable += result.unreadable_count;
    problems += result.problem_count;
  }
  [[nodiscard]] int code() const {
    if (failed != 0) return 1;
    return unreadable != 0 ? 3 : 0;
  }
};

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const bool bare =
      arguments.has("repo") && !arguments.has("config") && describes_source(arguments);
  const auto config = bare ? std::nullopt : find_config(arguments, context);
  const auto jobs = backup_jobs(parameters, config);
  const auto repository = open_repository(arguments, config, context);
  const auto started = context.clock->now();

  Totals totals;
  json::array sources;
  json::array snapshots;
  for (const auto& job : jobs) {
    throw_if_stopped(context.stop);
    if (context.event && jobs.size() > 1)
      context.event({{"type", "source"}, {"source", printable(job.name)}});
    try {
      const auto result = run_job(*repository, job, context);
      totals.add(result);
      if (result.snapshot) snapshots.emplace_back(result.snapshot->hex());
      sources.push_back(source_result(job, result));
    } catch (const Error& error) {
      // With several sources one that fails does not cost the others their backup.
      if (jobs.size() == 1 || error.code() == ErrorCode::kCancelled) throw;
      ++totals.failed;
      context.logger->error(job.name + ": " + error.what());
      sources.push_back(source_failure(job, error));
    }
  }
  json::object result{{"snapshots", snapshots},
                      {"dry_run", arguments.flag("dry_run")},
                      {"files", totals.files},
                      {"bytes", totals.bytes},
                      {"bytes_new", totals.bytes_new},
                      {"bytes_stored", totals.bytes_stored},
                      {"unreadable_count", totals.unreadable},
                      {"problem_count", totals.problems},
                      {"failed_count", totals.failed},
                      {"sources", std::move(sources)},
                      {"seconds", seconds(context.clock->now().since(started))},
                      {"code", totals.code()}};
  if (!snapshots.empty()) result["snapshot"] = snapshots.back();
  return result;
}

std::vector<Parameter> own_parameters() {
  return {
      {.name = "sources",
       .type = ParameterType::kStringList,
       .help = "sources of pra.yaml (without any: all); or 'files PATH…', 'postgres', "
               "'command -- PROGRAM ARG…'",
       .positional = true},
      {.name = "type", .help = "what to back up", .choices = {"files", "postgres", "command"}},
      {.name = "paths", .type = ParameterType::kPathList, .help = "files: what to back up"},
      {.name = "dsn",
       .help = "postgres: libpq connection string without a password, such as service=shop"},
      {.name = "command",
       .type = ParameterType::kStringList,
       .help = "command: the program and its arguments; its output is stored as one file"},
      {.name = "name", .help = "name of the source, to find its snapshots again with --source"},
      {.name = "file_name",
       .help = "command: name of the file in the snapshot (default: the name)"},
      {.name = "exclude",
       .type = ParameterType::kStringList,
       .help = "files: leave out what matches this pattern"},
      {.name = "exclude_file",
       .type = ParameterType::kPathList,
       .help = "files: file of such patterns, one a line"},
      {.name = "exclude_caches",
       .type = ParameterType::kBoolean,
       .help = "files: leave out the content of directories with a CACHEDIR.TAG"},
      {.name = "exclude_if_present",
       .type = ParameterType::kStringList,
       .help = "files: leave out the content of directories that hold a file of this name"},
      {.name = "exclude_larger_than",
       .type = ParameterType::kSize,
       .help = "files: leave out larger ones"},
      {.name = "one_file_system",
       .type = ParameterType::kBoolean,
       .help = "files: do not cross into other file systems"},
      {.name = "parent",
       .help = "files: compare with this snapshot (default: the last of the same)"},
      {.name = "force", .type = ParameterType::kBoolean, .help = "files: read everything again"},
      {.name = "with_atime", .type = ParameterType::kBoolean, .help = "files: store access times"},
      {.name = "checkpoint",
       .help = "postgres: start with a checkpoint at once, or spread it as the server likes",
       .default_text = "fast",
       .choices = {"fast", "spread"}},
      {.name = "page_group",
       .type = ParameterType::kSize,
       .help = "postgres: bytes of pages a blob (default: by the cluster's size)"},
      {.name = "tag", .type = ParameterType::kStringList, .help = "tag for the snapshot"},
      {.name = "host", .help = "host name for the snapshot (default: this host's)"},
      {.name = "time", .help = "time for the snapshot, RFC 3339 (default: now)"},
      {.name = "compression",
       .type = ParameterType::kInteger,
       .help = "zstd level, 1 (fast) to 19 (small)",
       .default_text = "2"},
      {.name = "workers", .type = ParameterType::kInteger, .help = "threads (default: one a core)"},
      {.name = "dry_run",
       .type = ParameterType::kBoolean,
       .help = "say what would be stored, and store nothing"}};
}

}  // namespace

Operation backup_operation() {
  return {
      .name = "backup",
      .group = "Back up",
      .summary = "back up files, a PostgreSQL cluster or a program's output",
      .details =
          "Makes a snapshot of each source. A file that cannot be read is named, the rest is "
          "backed up, and the exit code is 3. Of several sources one that fails does not stop "
          "the others. What an interrupted run has stored is reused by the next.",
      .examples =
          {"pra backup",
           "pra backup --repo /srv/backup --key-file K files /srv/shop --exclude '*.tmp'",
           "pra backup --repo /srv/backup --key-file K postgres --dsn service=shop --name db",
           "pra backup --repo /srv/backup --key-file K command --name crm.sql -- "
           "mariadb-dump --single-transaction crm"},
      .changes = true,
      .dry_run = true,
      .parameters = with_repository(own_parameters()),
      .results =
          {{"snapshot", "string", "id of the (last) snapshot; absent on a dry run"},
           {"snapshots", "list", "ids of all snapshots made"},
           {"dry_run", "boolean", "nothing was stored"},
           {"files", "integer", "files in the snapshots"},
           {"bytes", "integer", "their size"},
           {"bytes_new", "integer", "of these, what the repository did not have"},
           {"bytes_stored", "integer", "what that took, compressed and encrypted"},
           {"unreadable_count", "integer", "files that are missing, because they cannot be read"},
           {"problem_count", "integer", "these, and files that changed while they were read"},
           {"failed_count", "integer", "sources that could not be backed up"},
           {"sources", "list",
            "an object for each source: source, source_type, ok, error, hint, snapshot, parent, "
            "files_new, files_changed, files_unmodified, dirs_…, files, bytes, bytes_new, "
            "bytes_stored, unreadable_count, problem_count, problems, seconds, details"},
           {"seconds", "number", "time it took"},
           code_field("1 when a source failed, 3 when files could not be read")},
      .run = run};
}

}  // namespace pra::ops
