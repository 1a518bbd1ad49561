#include <fmt/format.h>

#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"
#include "probe/probe.hpp"

namespace pra::ops {

namespace {

json::object probe_result(const probe::Result& result) {
  json::object values;
  for (const auto& [name, value] : result.values)
    values[name] = value;
  return {{"name", printable(result.name)},     {"kind", result.kind},
          {"healthy", result.healthy},          {"message", printable(result.message)},
          {"seconds", seconds(result.elapsed)}, {"attempts", result.attempts},
          {"values", std::move(values)}};
}

std::vector<probe::Probe> wanted_probes(const Arguments& arguments, const Context& context) {
  std::vector<probe::Probe> probes;
  for (const auto& text : arguments.list("probes"))
    probes.push_back(probe::parse_probe(text));
  if (probes.empty())
    if (auto config = find_config(arguments, context)) probes = std::move(config->probes);
  if (probes.empty())
    throw Error(ErrorCode::kInvalidArgument, "there are no probes to run",
                "name some, such as web=http://127.0.0.1:8080/health, or list them in pra.yaml");
  if (const auto timeout = arguments.duration("timeout"))
    for (auto& probe : probes)
      probe.timeout = *timeout;
  return probes;
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const auto probes = wanted_probes(arguments, context);
  const auto wait = arguments.duration("wait").value_or(Duration::zero());
  context.progress.begin_phase("health", probes.size(), 0);
  const auto tell = [&](const probe::Result& result) {
    context.progress.set_current(result.name);
    if (!context.event) return;
    auto event = probe_result(result);
    event["type"] = "probe";
    context.event(event);
  };
  const auto results = wait > Duration::zero()
                           ? probe::wait_until_healthy(probes, wait, context.stop, tell)
                           : probe::run_all(probes, context.stop);
  json::array list;
  std::size_t healthy = 0;
  std::string first_problem;
  for (const auto& result : results) {
    list.push_back(probe_result(result));
    healthy += result.healthy ? 1 : 0;
    if (!result.healthy && first_problem.empty())
      first_problem = fmt::format("; {}: {}", result.name, result.message);
  }
  const bool all = healthy == results.size();
  return {{"healthy", all},
          {"message", printable(fmt::format("{} of {} probes healthy{}", healthy, results.size(),
                                            first_problem))},
          {"healthy_count", healthy},
          {"count", results.size()},
          {"probes", std::move(list)},
          {"nagios", printable(probe::nagios_line(results))},
          {"code", all ? 0 : 4}};
}

}  // namespace

Operation health_operation() {
  return {.name = "health",
          .group = "Watch",
          .summary = "probe services: http, tcp, postgres, command",
          .details =
              "Runs every probe once, at the same time, or with --wait again and again until "
              "all are healthy or the time has passed. A probe is written KIND:TARGET, with "
              "NAME= in front if you like: http://HOST/PATH, tcp:HOST:PORT, postgres:DSN, "
              "command:PROGRAM ARG…. Without any, those of pra.yaml run.",
          .examples = {"pra health http://127.0.0.1:8080/health tcp:127.0.0.1:5432",
                       "pra health --wait 2m db=postgres:service=shop", "pra health --nagios"},
          .parameters = {{.name = "probes",
                          .type = ParameterType::kStringList,
                          .help = "what to probe; without any, the probes of the configuration",
                          .positional = true},
                         {.name = "wait",
                          .type = ParameterType::kDuration,
                          .help = "try again until all are healthy, at most this long"},
                         {.name = "timeout",
                          .type = ParameterType::kDuration,
                          .help = "limit of one attempt, in place of each probe's own"},
                         config_parameter()},
          .results = {{"healthy", "boolean", "every probe is healthy"},
                      {"message", "string", "one line that says it"},
                      {"healthy_count", "integer", "healthy probes"},
                      {"count", "integer", "all probes"},
                      {"probes", "list",
                       "objects with name, kind, healthy, message, seconds, attempts, values"},
                      {"nagios", "string", "the line of a Nagios plugin, with performance data"},
                      code_field("4 when a probe is unhealthy")},
          .run = run};
}

}  // namespace pra::ops
