#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_line.hpp"
#include "help.hpp"

namespace pra_host {

namespace {

std::string host_flags(const Operation& operation) {
  std::string out;
  for (const auto& option : host_options(&operation)) {
    const auto comma = option.flags.find(',');
    out += " " + (comma == std::string::npos ? option.flags : option.flags.substr(comma + 1));
  }
  return out;
}

/// The branch of one command: what may follow an option, then which options there are.
std::string branch(const Operation& operation) {
  std::string values;
  std::string options;
  std::string paths;
  bool positional_paths = false;
  for (const auto& parameter : operation.parameters) {
    if (parameter.positional) {
      positional_paths |= parameter.is_path() || operation.name == "backup";
      continue;
    }
    options += " " + parameter.option();
    if (!parameter.choices.empty())
      values += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                            parameter.option(), fmt::join(parameter.choices, " "));
    else if (parameter.is_path() || parameter.name == "repo")
      paths += (paths.empty() ? "" : "|") + parameter.option();
    else if (!parameter.is_flag())
      values += fmt::format("        {}) return ;;\n", parameter.option());
  }
  if (!paths.empty())
    values += fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", paths);
  return fmt::format(
      "    '{}')\n      case $before in\n{}      esac\n"
      "      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '{}{}' -- \"$word\"))\n"
      "      {}\n      fi ;;\n",
      operation.command(), values, options.empty() ? options : options.substr(1),
      host_flags(operation),
      positional_paths ? "else COMPREPLY=($(compgen -f -- \"$word\"))" : "else COMPREPLY=()");
}

}  // namespace

std::string bash_completion(const std::vector<Operation>& table) {
  std::string first_words;
  std::string branches;
  std::string second_words;
  for (const auto& operation : table) {
    const auto command = operation.command();
    const auto space = command.find(' ');
    first_words += command.substr(0, space) + " ";
    branches += branch(operation);
    if (space != std::string::npos)
      second_words += fmt::format("    '{}') COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n",
                                  command.substr(0, space), command.substr(space + 1));
  }
  return fmt::format(
      "# Completion of pra for bash: source <(pra completion bash)\n"
      "_pra() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${{COMP_WORDS[i]}} == -* ]] && continue\n"
      "    command=${{COMP_WORDS[i]}}\n"
      "    [[ $command == config && $((i + 1)) -lt $COMP_CWORD ]] && "
      "command+=\" ${{COMP_WORDS[i + 1]}}\"\n"
      "    break\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case $command in\n"
      "    '') COMPREPLY=($(compgen -W '{}completion help --help --version' -- \"$word\")) ;;\n"
      "    completion) COMPREPLY=($(compgen -W bash -- \"$word\")) ;;\n"
      "{}{}"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _pra pra\n",
      first_words, second_words, branches);
}

}  // namespace pra_host
