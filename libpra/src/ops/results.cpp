#include "ops/results.hpp"

#include "base/error.hpp"

namespace pra::ops {

json::array text_list(const std::vector<std::string>& items) {
  json::array out;
  out.reserve(items.size());
  for (const auto& item : items)
    out.emplace_back(printable(item));
  return out;
}

json::object snapshot_result(const repo::Snapshot& snapshot) {
  json::object out{{"id", snapshot.id.hex()},
                   {"short_id", snapshot.id.short_hex()},
                   {"time", format_rfc3339(snapshot.time)},
                   {"host", printable(snapshot.hostname)},
                   {"user", printable(snapshot.username)},
                   {"source", printable(snapshot.source())},
                   {"type", printable(snapshot.type())},
                   {"paths", text_list(snapshot.paths)},
                   {"tags", text_list(snapshot.tags)},
                   {"tree", snapshot.tree.hex()},
                   {"program", printable(snapshot.program_version)}};
  if (snapshot.parent) out["parent"] = snapshot.parent->hex();
  if (snapshot.summary) {
    out["files"] = snapshot.summary->total_files_processed;
    out["bytes"] = snapshot.summary->total_bytes_processed;
    out["bytes_added"] = snapshot.summary->data_added_packed;
  }
  return out;
}

json::array problem_list(const std::vector<Problem>& problems) {
  json::array out;
  out.reserve(problems.size());
  for (const auto& problem : problems)
    out.push_back(
        json::object{{"item", printable(problem.item)}, {"message", printable(problem.message)}});
  return out;
}

json::array finding_list(const std::vector<verify::Finding>& findings) {
  json::array out;
  out.reserve(findings.size());
  for (const auto& finding : findings)
    out.push_back(json::object{{"severity", finding.severity},
                               {"object", printable(finding.object)},
                               {"message", printable(finding.message)}});
  return out;
}

json::object detail_object(const std::vector<std::pair<std::string, std::string>>& details) {
  json::object out;
  for (const auto& [name, value] : details)
    out[name] = printable(value);
  return out;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

ResultField code_field(const std::string& meaning) {
  return {"code", "integer", "exit code of the command line: " + meaning};
}

}  // namespace pra::ops
