#include <fmt/format.h>

#include "format.hpp"
#include "render/read.hpp"
#include "render/render.hpp"

namespace pra_host {

std::string render_verify(const json::object& result) {
  const bool restored = text(result, "mode") == "restored";
  const auto errors = number(result, "error_count");
  auto out = problem_lines(list(result, "findings"), "object",
                           std::max<std::uint64_t>(errors, list(result, "findings").size()));
  if (restored) {
    const auto* snapshot = result.at("snapshot").if_object();
    out += fmt::format("{} of {} compared with snapshot {}, {} read, in {}\n",
                       counted(number(result, "entries"), "entry", "entries"),
                       text(result, "restored"), text(*snapshot, "short_id"),
                       size_text(number(result, "bytes_read")),
                       duration_text(real(result, "seconds")));
    out += errors == 0 ? "equal, content and metadata\n"
                       : counted(errors, "DIFFERENCE", "DIFFERENCES") + "\n";
    return out;
  }
  const auto& files = list(result, "damaged_files");
  if (!files.empty()) out += "files that the damage costs:\n";
  for (const auto& file : files)
    out += fmt::format("  {}\n", std::string_view(file.as_string()));
  out += fmt::format(
      "{}, {}, {} in {} checked; {} with {} read, in {}\n",
      counted(number(result, "snapshots"), "snapshot"), counted(number(result, "trees"), "tree"),
      counted(number(result, "blobs"), "blob"), counted(number(result, "packs"), "pack"),
      counted(number(result, "packs_read"), "pack"), size_text(number(result, "bytes_read")),
      duration_text(real(result, "seconds")));
  out += errors == 0 ? "no errors were found\n" : counted(errors, "ERROR", "ERRORS") + "\n";
  return out;
}

std::string render_digest(const json::object& result) {
  if (!result.contains("failures"))
    return problem_lines(list(result, "problems"), "item", number(result, "problem_count"));
  const auto failures = number(result, "failure_count");
  auto out = problem_lines(list(result, "failures"), "object", failures);
  out += fmt::format("{} equal, {} not\n", counted(number(result, "matched"), "file"),
                     count_text(failures));
  return out;
}

}  // namespace pra_host
