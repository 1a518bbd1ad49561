#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"
#include "repo/lock.hpp"

namespace pra::ops {

namespace {

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const auto repository = open_repository(arguments, context);
  const auto removed = repo::remove_locks(*repository, arguments.flag("all"), context.stop);
  json::array left;
  for (const auto& lock : repo::list_locks(*repository, context.stop))
    left.push_back(json::object{{"id", lock.id.hex()},
                                {"time", format_rfc3339(lock.time)},
                                {"host", printable(lock.hostname)},
                                {"user", printable(lock.username)},
                                {"pid", lock.pid},
                                {"exclusive", lock.exclusive}});
  return {{"removed", removed}, {"remaining", std::move(left)}};
}

}  // namespace

Operation unlock_operation() {
  return {.name = "unlock",
          .group = "Repository",
          .summary = "remove locks that a crashed process left behind",
          .details =
              "Removes stale locks: those older than 30 minutes, and those of this host whose "
              "process is gone. With --all also locks that may be in use: be sure that "
              "nothing works on the repository.",
          .examples = {"pra unlock"},
          .changes = true,
          .parameters = with_repository({{.name = "all",
                                          .type = ParameterType::kBoolean,
                                          .help = "remove locks that are in use, too"}}),
          .results = {{"removed", "integer", "locks removed"},
                      {"remaining", "list",
                       "locks that are left: id, time, host, user, pid, exclusive"}},
          .run = run};
}

}  // namespace pra::ops
