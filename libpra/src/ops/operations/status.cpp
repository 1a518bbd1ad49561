#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/units.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

/// Snapshots of one thing that is backed up, and the newest of them.
struct Line {
  std::string source;
  std::optional<repo::Snapshot> newest;
  std::uint64_t count = 0;
};

/// A source by its name; without one by host and paths, as restic groups.
std::string group_of(const repo::Snapshot& snapshot) {
  if (auto source = snapshot.source(); !source.empty()) return source;
  return fmt::format("{}:{}", snapshot.hostname, fmt::join(snapshot.paths, ","));
}

std::vector<Line> group(const std::vector<repo::Snapshot>& snapshots,
                        const std::vector<std::string>& expected) {
  std::map<std::string, Line> lines;
  for (const auto& name : expected)
    lines[name].source = name;
  for (const auto& snapshot : snapshots) {  // Oldest first: the last one stays.
    const auto name = group_of(snapshot);
    auto& line = lines[name];
    line.source = name;
    line.newest = snapshot;
    ++line.count;
  }
  std::vector<Line> out;
  for (auto& [name, line] : lines)
    out.push_back(std::move(line));
  return out;
}

/// What must have a backup: the source that was asked for, or all of the configuration.
std::vector<std::string> expected_sources(const Arguments& arguments,
                                          const std::optional<config::Config>& config) {
  if (arguments.has("source")) return {arguments.text("source")};
  std::vector<std::string> names;
  const bool filtered = arguments.has("tag") || arguments.has("path");
  if (config && !filtered)
    for (const auto& source : config->sources)
      names.push_back(source.name);
  return names;
}

/// As Nagios plugins print it; an unknown value is written U.
std::string nagios_line(bool fresh, std::string message, const std::optional<Duration>& age,
                        const std::optional<Duration>& wanted, std::size_t snapshots) {
  std::ranges::replace(message, '|', '/');
  const auto whole_seconds = [](Duration duration) {
    return static_cast<std::int64_t>(seconds(duration));
  };
  return fmt::format("PRA {} - {} | 'age'={};;{};0 'snapshots'={};;;0", fresh ? "OK" : "CRITICAL",
                     message, age ? fmt::format("{}s", whole_seconds(*age)) : "U",
                     wanted ? std::to_string(whole_seconds(*wanted)) : "", snapshots);
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const bool bare = arguments.has("repo") && !arguments.has("config");
  const auto config = bare ? std::nullopt : find_config(arguments, context);
  const auto repository = open_repository(arguments, config, context);
  auto wanted = arguments.duration("max_age");
  if (!wanted && config) wanted = config->objectives.rpo;

  std::vector<std::string> damaged;
  const auto snapshots = repository->snapshots(snapshot_filter(arguments), context.stop, &damaged);
  const auto now = context.clock->now();
  json::array sources;
  std::vector<std::string> complaints;
  Duration oldest = Duration::zero();
  const repo::Snapshot* newest = nullptr;
  const auto lines = group(snapshots, expected_sources(arguments, config));
  for (const auto& line : lines) {
    json::object row{{"source", printable(line.source)}, {"count", line.count}};
    bool fresh = line.newest.has_value();
    if (!fresh) complaints.push_back(fmt::format("{} was never backed up", line.source));
    if (line.newest) {
      const auto age = now.since(line.newest->time);
      oldest = std::max(oldest, age);
      if (newest == nullptr || newest->time < line.newest->time) newest = &*line.newest;
      fresh = !wanted || age <= *wanted;
      if (!fresh)
        complaints.push_back(fmt::format("{} was backed up {} ago, wanted is {}", line.source,
                                         format_duration(age), format_duration(*wanted)));
      row["snapshot"] = line.newest->id.hex();
      row["time"] = format_rfc3339(line.newest->time);
      row["host"] = printable(line.newest->hostname);
      row["snapshot_type"] = printable(line.newest->type());
      row["age_seconds"] = static_cast<std::int64_t>(seconds(age));
    }
    row["fresh"] = fresh;
    sources.push_back(std::move(row));
  }
  if (lines.empty()) complaints.emplace_back("there is no snapshot");
  for (const auto& name : damaged)
    complaints.push_back("snapshot " + name + " is damaged");
  const bool fresh = complaints.empty();

  const auto* verdict = fresh ? "ok" : snapshots.empty() ? "missing" : "stale";
  const auto message =
      printable(fresh ? fmt::format("the last backup is {} old", format_duration(oldest))
                      : fmt::format("{}", fmt::join(complaints, "; ")));
  const auto age = newest == nullptr ? std::nullopt : std::optional(oldest);
  json::object result{{"fresh", fresh},
                      {"verdict", verdict},
                      {"message", message},
                      {"snapshot_count", snapshots.size()},
                      {"source_count", lines.size()},
                      {"sources", std::move(sources)},
                      {"checked_at", format_rfc3339(now)},
                      {"nagios", nagios_line(fresh, message, age, wanted, snapshots.size())},
                      {"code", fresh ? 0 : 4}};
  if (wanted) result["max_age_seconds"] = static_cast<std::int64_t>(seconds(*wanted));
  if (newest != nullptr) {
    result["snapshot"] = newest->id.hex();
    result["snapshot_time"] = format_rfc3339(newest->time);
    // Of the source that waits longest: this is what an objective is about.
    result["age_seconds"] = static_cast<std::int64_t>(seconds(oldest));
  }
  return result;
}

}  // namespace

Operation status_operation() {
  return {.name = "status",
          .group = "Watch",
          .summary = "say how old the last backup of each source is",
          .details =
              "Compares with --max-age, or else with the rpo objective of pra.yaml. A source of "
              "the configuration that was never backed up is not fresh. Snapshots without a "
              "source's name are grouped by host and paths.",
          .examples = {"pra status", "pra status --source db --max-age 15m",
                       "pra status --nagios --max-age 1d"},
          .parameters = with_repository(
              filter_parameters() +
              std::vector<Parameter>{{.name = "max_age",
                                      .type = ParameterType::kDuration,
                                      .help = "how old the last snapshot of a source may be"}}),
          .results = {{"fresh", "boolean", "every source has a snapshot that is new enough"},
                      {"verdict", "string", "ok, stale or missing"},
                      {"message", "string", "one line that says it"},
                      {"snapshot", "string", "id of the newest snapshot"},
                      {"snapshot_time", "string", "its time, RFC 3339"},
                      {"age_seconds", "integer",
                       "age of the last snapshot of the source that waits longest"},
                      {"max_age_seconds", "integer", "the wanted age"},
                      {"snapshot_count", "integer", "snapshots that match"},
                      {"source_count", "integer", "sources seen"},
                      {"sources", "list",
                       "objects with source, fresh, snapshot, time, age_seconds, host, "
                       "snapshot_type, count"},
                      {"checked_at", "string", "time of this look"},
                      {"nagios", "string", "the line of a Nagios plugin, with performance data"},
                      code_field("4 when a source is not fresh")},
          .run = run};
}

}  // namespace pra::ops
