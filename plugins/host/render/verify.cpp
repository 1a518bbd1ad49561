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
    out += fmt::format("{} entries of {} compared with snapshot {}, {} read, in {}\n",
                       count_text(number(result, "entries")), text(result, "restored"),
                       text(*snapshot, "short_id"), size_text(number(result, "bytes_read")),
                       duration_text(real(result, "seconds")));
    out += errors == 0 ? "equal, content and metadata\n"
                       : fmt::format("{} DIFFERENCES\n", count_text(errors));
    return out;
  }
  const auto& files = list(result, "damaged_files");
  if (!files.empty()) out += "files that the damage costs:\n";
  for (const auto& file : files)
    out += fmt::format("  {}\n", std::string_view(file.as_string()));
  out += fmt::format(
      "{} snapshots, {} trees, {} blobs in {} packs checked; {} packs with {} read, in {}\n",
      count_text(number(result, "snapshots")), count_text(number(result, "trees")),
      count_text(number(result, "blobs")), count_text(number(result, "packs")),
      count_text(number(result, "packs_read")), size_text(number(result, "bytes_read")),
      duration_text(real(result, "seconds")));
  out += errors == 0 ? "no errors were found\n" : fmt::format("{} ERRORS\n", count_text(errors));
  return out;
}

std::string render_digest(const json::object& result) {
  if (!result.contains("failures"))
    return problem_lines(list(result, "problems"), "item", number(result, "problem_count"));
  const auto failures = number(result, "failure_count");
  auto out = problem_lines(list(result, "failures"), "object", failures);
  out += fmt::format("{} files are equal, {} are not\n", count_text(number(result, "matched")),
                     count_text(failures));
  return out;
}

}  // namespace pra_host
