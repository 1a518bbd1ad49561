#include <fmt/format.h>

#include "format.hpp"
#include "render/read.hpp"
#include "render/render.hpp"

namespace pra_host {

std::string render_snapshots(const json::object& result) {
  std::string out;
  const auto& snapshots = list(result, "snapshots");
  if (snapshots.empty()) {
    out = "no snapshots\n";
  } else {
    Table table({"ID", "TIME", "HOST", "SOURCE", "TYPE", "SIZE", "TAGS", "PATHS"});
    for (const auto& item : snapshots) {
      const auto& snapshot = item.as_object();
      std::string tags;
      for (const auto& tag : list(snapshot, "tags")) {
        const std::string_view word = tag.as_string();
        if (word.starts_with("pra:")) continue;  // Shown as source and type.
        tags += (tags.empty() ? "" : ",") + std::string(word);
      }
      table.add({text(snapshot, "short_id"), local_time_text(text(snapshot, "time")),
                 text(snapshot, "host"), text(snapshot, "source"), text(snapshot, "type"),
                 snapshot.contains("bytes") ? size_text(number(snapshot, "bytes")) : "", tags,
                 joined(snapshot, "paths")});
    }
    out = table.text();
  }
  for (const auto& name : list(result, "damaged"))
    out += fmt::format("DAMAGED: snapshot {} cannot be read\n", std::string_view(name.as_string()));
  return out;
}

std::string render_health(const json::object& result) {
  Table table({"PROBE", "KIND", "STATE", "TIME", "MESSAGE"});
  for (const auto& item : list(result, "probes")) {
    const auto& probe = item.as_object();
    table.add({text(probe, "name"), text(probe, "kind"), flag(probe, "healthy") ? "ok" : "FAILED",
               duration_text(real(probe, "seconds")), text(probe, "message")});
  }
  return table.text() + (flag(result, "healthy") ? "healthy\n" : "NOT HEALTHY\n");
}

std::string render_status(const json::object& result) {
  std::string out;
  const auto& sources = list(result, "sources");
  if (!sources.empty()) {
    Table table({"SOURCE", "LAST SNAPSHOT", "TIME", "AGE", "STATE"});
    for (const auto& item : sources) {
      const auto& source = item.as_object();
      const bool known = source.contains("snapshot");
      table.add({text(source, "source"), text(source, "snapshot").substr(0, 8),
                 known ? local_time_text(text(source, "time")) : "",
                 known ? duration_text(real(source, "age_seconds")) : "",
                 flag(source, "fresh") ? "ok"
                 : known               ? "TOO OLD"
                                       : "NEVER BACKED UP"});
    }
    out = table.text();
  }
  return out + text(result, "message") + "\n";
}

std::string render_init(const json::object& result) {
  auto out = fmt::format("created repository {} at {}\n", text(result, "id").substr(0, 10),
                         text(result, "location"));
  if (flag(result, "key_created")) out += fmt::format("made its key: {}\n", text(result, "key"));
  return out;
}

std::string render_unlock(const json::object& result) {
  auto out = counted(number(result, "removed"), "lock") + " removed\n";
  for (const auto& item : list(result, "remaining")) {
    const auto& lock = item.as_object();
    out +=
        fmt::format("still locked{} by {}@{} (pid {}) since {}\n",
                    flag(lock, "exclusive") ? " exclusively" : "", text(lock, "user"),
                    text(lock, "host"), number(lock, "pid"), local_time_text(text(lock, "time")));
  }
  return out;
}

std::string render_config_check(const json::object& result) {
  return fmt::format("{} is right\n  repository: {}\n  sources: {}\n  probes: {}\n",
                     text(result, "path"), text(result, "repository"), joined(result, "sources"),
                     joined(result, "probes"));
}

}  // namespace pra_host
