#include <fmt/format.h>

#include "format.hpp"
#include "render/read.hpp"
#include "render/render.hpp"

namespace pra_host {

namespace {

std::string what(const json::object& source) {
  const auto name = text(source, "source");
  return name.empty() ? text(source, "source_type") : name;
}

std::string source_lines(const json::object& source) {
  if (!flag(source, "ok")) {
    const auto hint = text(source, "hint");
    return fmt::format("{}: FAILED: {}\n{}", what(source), text(source, "error"),
                       hint.empty() ? "" : "  hint: " + hint + "\n");
  }
  const auto snapshot = text(source, "snapshot");
  auto out = fmt::format(
      "{}: {} in {} ({} new, {} changed, {} unchanged)\n", what(source),
      size_text(number(source, "bytes")), counted(number(source, "files"), "file"),
      count_text(number(source, "files_new")), count_text(number(source, "files_changed")),
      count_text(number(source, "files_unmodified")));
  out += fmt::format("  {} new, {} stored, in {}\n", size_text(number(source, "bytes_new")),
                     size_text(number(source, "bytes_stored")),
                     duration_text(real(source, "seconds")));
  if (const auto missing = number(source, "unreadable_count"); missing != 0)
    out +=
        fmt::format("  {} could not be read and are NOT in the snapshot:\n", count_text(missing));
  out += problem_lines(list(source, "problems"), "item", number(source, "problem_count"));
  if (!snapshot.empty()) out += fmt::format("snapshot {} saved\n", snapshot.substr(0, 8));
  return out;
}

}  // namespace

std::string render_backup(const json::object& result) {
  std::string out;
  for (const auto& source : list(result, "sources"))
    out += source_lines(source.as_object());
  if (flag(result, "dry_run")) out += "dry run: nothing was stored\n";
  return out;
}

std::string render_restore(const json::object& result) {
  const bool dry_run = flag(result, "dry_run");
  const auto* snapshot = result.at("snapshot").if_object();
  std::string out;
  if (dry_run)
    for (const auto& change : list(result, "changes"))
      out += fmt::format("{:<9}{}\n", text(change.as_object(), "action"),
                         text(change.as_object(), "path"));
  out += fmt::format("{} snapshot {} of {} into {}\n", dry_run ? "would restore" : "restored",
                     text(*snapshot, "short_id"), local_time_text(text(*snapshot, "time")),
                     text(result, "target"));
  if (!flag(result, "changed")) out += "  everything was equal already\n";
  out += fmt::format("  {} restored, {} unchanged, {} removed\n",
                     counted(number(result, "files_restored"), "file"),
                     count_text(number(result, "files_unchanged")),
                     counted(number(result, "entries_removed"), "entry", "entries"));
  out +=
      fmt::format("  {} of {} written in {}\n", size_text(number(result, "bytes_written")),
                  size_text(number(result, "bytes_total")), duration_text(real(result, "seconds")));
  if (const auto* details = result.at("details").if_object())
    for (const auto& detail : *details)
      if (detail.value().is_string())
        out += fmt::format("  {}: {}\n", std::string_view(detail.key()),
                           std::string_view(detail.value().get_string()));
  if (flag(result, "verified")) out += "  read back and equal to the snapshot\n";
  if (const auto problems = number(result, "problem_count"); problems != 0)
    out += fmt::format("{} could NOT be restored:\n", count_text(problems)) +
           problem_lines(list(result, "problems"), "item", problems);
  return out;
}

}  // namespace pra_host
