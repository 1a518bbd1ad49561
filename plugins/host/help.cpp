#include "help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "command_line.hpp"
#include "wrap.hpp"

namespace pra_host {

namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kOptionColumn = 30;

void add_option(std::string& out, const std::string& option, const std::string& help) {
  const auto head = "  " + option;
  const auto text = wrapped(help, kWidth - kOptionColumn, kOptionColumn);
  if (head.size() + 2 > kOptionColumn)
    out += head + "\n" + std::string(kOptionColumn, ' ') + text + "\n";
  else
    out += fmt::format("{:<{}}{}\n", head, kOptionColumn, text);
}

std::string help_text(const Parameter& parameter) {
  auto text = parameter.help;
  if (parameter.required) text += " (required)";
  if (!parameter.default_text.empty())
    text += fmt::format(" (default: {})", parameter.default_text);
  return text;
}

void add_options(std::string& out, const Operation& operation, const std::string& title,
                 const auto& wanted) {
  std::string section;
  for (const auto& parameter : operation.parameters) {
    if (!wanted(parameter)) continue;
    const auto head = parameter.positional  ? parameter.placeholder()
                      : parameter.is_flag() ? parameter.option()
                                            : parameter.option() + " " + parameter.placeholder();
    add_option(section, head, help_text(parameter));
  }
  if (!section.empty()) out += "\n" + title + ":\n" + section;
}

void add_host_options(std::string& out, const Operation* operation) {
  out += "\nOutput:\n";
  for (const auto& option : host_options(operation)) {
    auto flags = option.flags;
    if (const auto comma = flags.find(','); comma != std::string::npos)
      flags.insert(comma + 1, " ");
    add_option(out, flags, option.help);
  }
}

}  // namespace

std::string usage_of(const Operation& operation) {
  auto out = "pra " + operation.command() + " [OPTIONS]";
  for (const auto& parameter : operation.parameters) {
    if (parameter.positional || !parameter.required) continue;
    out += fmt::format(" {} {}", parameter.option(), parameter.placeholder());
  }
  for (const auto& parameter : operation.parameters) {
    if (!parameter.positional) continue;
    const auto word = parameter.placeholder() + (parameter.is_list() ? "…" : "");
    out += parameter.required ? " " + word : " [" + word + "]";
  }
  return out;
}

std::string overview(const std::vector<Operation>& table) {
  std::string out =
      "pra: back up, restore and prove files and PostgreSQL clusters, in restic's format\n\n"
      "usage: pra COMMAND [OPTIONS] …\n";
  std::vector<std::string> groups;
  for (const auto& operation : table)
    if (std::ranges::find(groups, operation.group) == groups.end())
      groups.push_back(operation.group);
  for (const auto& group : groups) {
    out += "\n" + group + ":\n";
    for (const auto& operation : table)
      if (operation.group == group)
        out += fmt::format("  {:<14}{}\n", operation.command(), operation.summary);
  }
  out +=
      "\nOther:\n"
      "  completion bash   a completion script: source <(pra completion bash)\n"
      "  --version         the version\n"
      "\n`pra COMMAND --help` says all about one. A repository is named by --repo and --key-file, "
      "or\n"
      "by a pra.yaml here or in /etc/pra.\n"
      "\nExit codes: 0 done; 1 failed; 2 usage; 3 done, but some files could not be read or "
      "written;\n"
      "4 unhealthy or out of objectives; 10 no such repository; 11 locked; 12 wrong key;\n"
      "130 interrupted.\n";
  return out;
}

std::string help_for(const Operation& operation) {
  auto out = fmt::format("{}\n\nusage: {}\n\n{}\n", operation.summary, usage_of(operation),
                         wrapped(operation.details, kWidth, 0));
  add_options(out, operation, "Arguments", [](const Parameter& p) { return p.positional; });
  add_options(out, operation, "Options",
              [](const Parameter& p) { return !p.positional && !p.repository; });
  add_options(out, operation, "Repository", [](const Parameter& p) { return p.repository; });
  add_host_options(out, &operation);
  out += "\nExamples:\n";
  for (const auto& example : operation.examples)
    out += "  " + example + "\n";
  return out;
}

}  // namespace pra_host
