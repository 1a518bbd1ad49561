#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const auto repository = open_repository(arguments, context);
  std::vector<std::string> damaged;
  auto snapshots = repository->snapshots(snapshot_filter(arguments), context.stop, &damaged);
  const auto last = static_cast<std::size_t>(std::max<std::int64_t>(arguments.integer("last"), 0));
  if (last != 0 && snapshots.size() > last)
    snapshots.erase(snapshots.begin(), snapshots.end() - static_cast<std::ptrdiff_t>(last));
  json::array list;
  list.reserve(snapshots.size());
  for (const auto& snapshot : snapshots)
    list.push_back(snapshot_result(snapshot));
  json::object result{{"snapshots", std::move(list)},
                      {"count", snapshots.size()},
                      {"damaged", text_list(damaged)},
                      {"code", damaged.empty() ? 0 : 1}};
  if (!snapshots.empty()) {
    result["latest"] = snapshots.back().id.hex();
    result["latest_time"] = format_rfc3339(snapshots.back().time);
  }
  return result;
}

}  // namespace

Operation snapshots_operation() {
  return {.name = "snapshots",
          .group = "Look",
          .summary = "list the snapshots of a repository",
          .details = "Oldest first. Does not load the index: it takes milliseconds.",
          .examples = {"pra snapshots --repo /srv/backup --key-file /etc/pra/repository.key",
                       "pra snapshots --source db --last 5"},
          .parameters = with_repository(
              filter_parameters() +
              std::vector<Parameter>{{.name = "last",
                                      .type = ParameterType::kInteger,
                                      .help = "only the newest N of those that match"}}),
          .results = {{"snapshots", "list",
                       "objects with id, short_id, time, host, user, source, type, paths, tags, "
                       "parent, files, bytes, bytes_added"},
                      {"count", "integer", "how many"},
                      {"latest", "string", "id of the newest"},
                      {"latest_time", "string", "its time, RFC 3339"},
                      {"damaged", "list", "names of snapshot files that cannot be read"},
                      code_field("1 when a snapshot file is damaged")},
          .run = run};
}

}  // namespace pra::ops
