
#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/restore_by_type.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

restore::Overwrite overwrite_of(const std::string& name) {
  if (name == "always") return restore::Overwrite::kAlways;
  if (name == "never") return restore::Overwrite::kNever;
  return restore::Overwrite::kIfChanged;
}

restore::PostgresOptions options_of(const Arguments& arguments) {
  restore::PostgresOptions options;
  options.target = arguments.text("target");
  options.include = arguments.list("include");
  options.exclude = arguments.list("exclude");
  options.remove_extra = arguments.flag("delete");
  options.overwrite = overwrite_of(arguments.text("overwrite"));
  options.verify = arguments.flag("verify");
  options.dry_run = arguments.flag("dry_run");
  options.subpath = arguments.text("subpath");
  options.tablespaces = arguments.map("tablespace");
  options.replace_foreign = arguments.flag("replace_foreign");
  return options;
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const auto options = options_of(arguments);
  const auto repository = open_repository(arguments, context);
  const auto snapshot = repository->find_snapshot(arguments.text("snapshot"),
                                                  snapshot_filter(arguments), context.stop);
  const auto restored =
      restore_by_type(*repository, snapshot, options, context.progress, context.stop);
  json::array changes;
  for (const auto& change : restored.changes)
    changes.push_back(json::object{{"path", printable(change.path)}, {"action", change.action}});
  return {{"snapshot", snapshot_result(snapshot)},
          {"target", printable(options.target)},
          {"changed", restored.changed},
          {"dry_run", options.dry_run},
          {"files_restored", restored.files_restored},
          {"files_unchanged", restored.files_unchanged},
          {"entries_restored", restored.entries_restored},
          {"entries_removed", restored.entries_removed},
          {"bytes_written", restored.bytes_written},
          {"bytes_total", restored.bytes_total},
          {"verified", options.verify && !options.dry_run && restored.problem_count == 0},
          {"change_count", restored.change_count},
          {"changes", std::move(changes)},
          {"problem_count", restored.problem_count},
          {"problems", problem_list(restored.problems)},
          {"seconds", seconds(restored.elapsed)},
          {"details", detail_object(restored.details)},
          {"code", restored.problem_count == 0 ? 0 : 3}};
}

}  // namespace

Operation restore_operation() {
  return {
      .name = "restore",
      .group = "Restore",
      .summary = "restore a snapshot into a directory",
      .details =
          "Files that are there already are repaired in place: only blocks that differ are "
          "written. Everything is synced before success is said, and nothing outside of the "
          "target is touched. A snapshot of a PostgreSQL cluster becomes a data directory "
          "that starts; a running or foreign cluster in its place is refused.",
      .examples =
          {"pra restore latest --target /srv/shop --subpath /srv/shop",
           "pra restore 4f1c92ab --target /tmp/look --include '*.conf' --verify",
           "pra restore --source db --target /srv/shop/pgdata --tablespace /fast=/srv/fast"},
      .changes = true,
      .dry_run = true,
      .parameters = with_repository(
          std::vector<Parameter>{
              {.name = "snapshot",
               .help = "id, the beginning of one, or latest",
               .default_text = "latest",
               .positional = true},
              {.name = "target",
               .type = ParameterType::kPath,
               .help = "directory to restore into; it is made when absent",
               .required = true},
              {.name = "subpath",
               .help =
                   "restore only what is below this path of the snapshot, as if it were its root"},
              {.name = "include",
               .type = ParameterType::kStringList,
               .help = "only what matches this pattern"},
              {.name = "exclude",
               .type = ParameterType::kStringList,
               .help = "not what matches this pattern"},
              {.name = "delete",
               .type = ParameterType::kBoolean,
               .help = "remove from the target what the snapshot does not have"},
              {.name = "overwrite",
               .help = "what to do with files that are there",
               .default_text = "if-changed",
               .choices = {"always", "if-changed", "never"}},
              {.name = "verify",
               .type = ParameterType::kBoolean,
               .help = "read everything back and compare"},
              {.name = "dry_run",
               .type = ParameterType::kBoolean,
               .help = "say what would change, and change nothing"},
              {.name = "tablespace",
               .type = ParameterType::kStringMap,
               .help = "PostgreSQL: put the tablespace at OLD (path or oid) into NEW: OLD=NEW"},
              {.name = "replace_foreign",
               .type = ParameterType::kBoolean,
               .help = "PostgreSQL: the target may hold another cluster, which is replaced"}} +
          filter_parameters()),
      .results = {{"snapshot", "object", "the snapshot, as in snapshots"},
                  {"target", "string", "the directory"},
                  {"changed", "boolean", "the target was not equal before (dry run: is not)"},
                  {"dry_run", "boolean", "nothing was changed"},
                  {"files_restored", "integer", "files made, or their content changed"},
                  {"files_unchanged", "integer", "files that were right already"},
                  {"entries_restored", "integer", "entries of all kinds made or changed"},
                  {"entries_removed", "integer", "entries removed"},
                  {"bytes_written", "integer", "bytes written"},
                  {"bytes_total", "integer", "size of all files wanted"},
                  {"verified", "boolean", "everything was read back and is equal"},
                  {"change_count", "integer", "entries that changed"},
                  {"changes", "list", "the first 1,000: objects with path and action"},
                  {"problem_count", "integer", "what could not be restored"},
                  {"problems", "list", "objects with item and message"},
                  {"seconds", "number", "time it took"},
                  {"details", "object", "of a cluster: system identifier, WAL positions, …"},
                  code_field("3 when something could not be restored")},
      .run = run};
}

}  // namespace pra::ops
