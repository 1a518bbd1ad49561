#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "help.hpp"

namespace pra_host {

namespace {

std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void add_parameters(std::string& out, const Operation& operation) {
  out += "\n| parameter | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& parameter : operation.parameters) {
    if (parameter.repository) continue;
    auto help = parameter.help;
    if (!parameter.choices.empty())
      help += fmt::format(" ({})", fmt::join(parameter.choices, ", "));
    out += fmt::format(
        "| `{}`{} | {} | {} | {} |\n", parameter.positional ? parameter.name : parameter.option(),
        parameter.required ? " (required)" : "", parameter.type,
        parameter.default_text.empty() ? "" : "`" + parameter.default_text + "`", cell(help));
  }
}

void add_operation(std::string& out, const Operation& operation) {
  out += fmt::format("\n## {}\n\n{}.\n\n    {}\n\n{}\n", operation.command(), operation.summary,
                     usage_of(operation), operation.details);
  const auto own = [](const Parameter& parameter) { return !parameter.repository; };
  if (std::ranges::any_of(operation.parameters, own)) add_parameters(out, operation);
  const auto shared = std::ranges::count_if(operation.parameters, &Parameter::repository);
  if (shared > 1)
    out += "\nAlso: the parameters of the [repository](#the-repository).\n";
  else if (shared == 1)
    out += "\nAlso: `--config`.\n";
  out += "\nResult:\n\n| member | type | meaning |\n|---|---|---|\n";
  for (const auto& field : operation.results)
    out += fmt::format("| `{}` | {} | {} |\n", field.name, field.type, cell(field.help));
  out += "\nExamples:\n\n";
  for (const auto& example : operation.examples)
    out += "    " + example + "\n";
}

void add_repository(std::string& out, const Operation& operation) {
  out +=
      "\n## The repository\n\n"
      "Every command that works on a repository takes these. With `--repo` no configuration is\n"
      "read unless `--config` names one.\n\n"
      "| parameter | type | meaning |\n|---|---|---|\n";
  for (const auto& parameter : operation.parameters)
    if (parameter.repository)
      out += fmt::format("| `{}` | {} | {} |\n", parameter.option(), parameter.type,
                         cell(parameter.help));
}

}  // namespace

std::string reference(const std::vector<Operation>& table) {
  std::string out =
      "# Reference\n\n"
      "<!-- Written by `pra reference` from the table of operations; a test keeps it current. "
      "-->\n\n"
      "Each operation is the same everywhere: a command of `pra`, an `operation` of `pra_run` in "
      "C, a\n"
      "query of `pra-terraform`, a module of the Ansible collection. On the command line "
      "parameters\n"
      "are options with dashes; in JSON they are members with underscores (`--key-file`, "
      "`key_file`).\n"
      "A number may be written as text, and a list of one as its element. Durations have units "
      "(`90s`,\n"
      "`15m`, `1h30m`, `2d`), and so have sizes (`64KiB`, `10MB`, `1.5GiB`).\n\n"
      "With `--json` standard output has one JSON object a line: `{\"type\": \"progress\", …}`,\n"
      "`{\"type\": \"log\", …}`, events of the operation, and last `{\"type\": \"result\", …}` "
      "with the\n"
      "members below, or `{\"type\": \"error\", \"code\", \"exit_code\", \"message\", "
      "\"hint\"}`.\n\n"
      "Exit codes: 0 done; 1 failed; 2 usage; 3 done, but some files could not be read or "
      "written;\n"
      "4 unhealthy or out of objectives; 10 no such repository; 11 locked; 12 wrong key;\n"
      "130 interrupted.\n";
  if (const auto* any = find(table, "snapshots")) add_repository(out, *any);
  for (const auto& operation : table)
    add_operation(out, operation);
  return out;
}

}  // namespace pra_host
