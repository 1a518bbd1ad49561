#include "command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "handle.hpp"

namespace pra_host {

namespace json = boost::json;

namespace {

/// Where CLI11 puts the values of one operation's parameters.
struct Given {
  const Operation* operation = nullptr;
  CLI::App* command = nullptr;
  std::deque<std::vector<std::string>> lists;
  std::deque<std::string> texts;
  std::map<std::string, CLI::Option*> options;
};

void add_parameter(Given& given, const Parameter& parameter) {
  const auto name = parameter.positional ? parameter.name : parameter.option();
  CLI::Option* option = nullptr;
  if (parameter.is_flag()) {
    option = given.command->add_flag(name);
  } else if (parameter.is_list()) {
    option = given.command->add_option(name, given.lists.emplace_back());
    if (!parameter.positional) option->allow_extra_args(false);
  } else {
    option = given.command->add_option(name, given.texts.emplace_back());
    option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
  given.options[parameter.name] = option;
}

json::object parameters_of(const Given& given) {
  json::object out;
  for (const auto& parameter : given.operation->parameters) {
    const auto* option = given.options.at(parameter.name);
    if (option->count() == 0) continue;
    if (parameter.is_flag()) {
      out[parameter.name] = true;
    } else if (parameter.is_list()) {
      json::array items;
      for (const auto& item : option->results())
        items.emplace_back(item);
      out[parameter.name] = std::move(items);
    } else {
      out[parameter.name] = option->results().back();
    }
  }
  return out;
}

[[noreturn]] void refuse_word(const std::string& word) {
  throw Failure{PRA_INVALID_ARGUMENT, "invalid_argument",
                fmt::format("unexpected argument '{}'", word),
                "put quotes around words that belong together"};
}

/// What was not expected: an unknown option goes on to the library as a parameter of that name,
/// which says what it may have been; a surplus word is an error here.
void add_unknown(const std::vector<std::string>& rest, json::object& parameters) {
  const auto option = std::ranges::find_if(
      rest, [](const auto& word) { return word.starts_with("-") && word != "-"; });
  if (option == rest.end()) refuse_word(rest.front());
  auto name = option->substr(0, option->find('='));
  name.erase(0, name.find_first_not_of('-'));
  std::ranges::replace(name, '-', '_');
  parameters[name] = true;
}

/// Words after "--" are values and never options: they go where words go by place.
void add_words(const Operation& operation, const std::vector<std::string>& words,
               json::object& parameters) {
  std::size_t next = 0;
  for (const auto& parameter : operation.parameters) {
    if (!parameter.positional || next == words.size()) continue;
    if (!parameter.is_list()) {
      if (!parameters.contains(parameter.name)) parameters[parameter.name] = words[next++];
      continue;
    }
    if (!parameters.contains(parameter.name)) parameters[parameter.name] = json::array();
    auto& items = parameters[parameter.name].as_array();
    while (next < words.size())
      items.emplace_back(words[next++]);
  }
  if (next < words.size()) refuse_word(words[next]);
}

CLI::App* command_for(CLI::App& app, const Operation& operation) {
  auto* parent = &app;
  auto words = operation.command();
  for (auto space = words.find(' '); space != std::string::npos; space = words.find(' ')) {
    const auto word = words.substr(0, space);
    const auto existing =
        parent->get_subcommands([&](const CLI::App* child) { return child->check_name(word); });
    parent =
        existing.empty() ? parent->add_subcommand(word)->require_subcommand(1) : existing.front();
    words.erase(0, space + 1);
  }
  return parent->add_subcommand(words);
}

void add_host_options(CLI::App& command, Display& display, const Operation& operation) {
  if (operation.has_result("nagios")) command.add_flag("--nagios", display.nagios);
  if (operation.name == "ls") command.add_flag("-l,--long", display.long_format);
}

/// The words before the first option, as an operation's name: "config check".
std::string typed_operation(const std::vector<Operation>& table, int count, char** values) {
  std::string name;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "help" || word.starts_with("-")) continue;
    name += name.empty() ? "" : "_";
    name += word;
    if (find(table, name) != nullptr) return name;
  }
  return {};
}

bool wants_help(int count, char** values) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "--") return false;
    if (word == "--help" || word == "-h" || (i == 1 && word == "help")) return true;
  }
  return false;
}

}  // namespace

std::vector<HostOption> host_options(const Operation* operation) {
  std::vector<HostOption> out;
  if (operation != nullptr && operation->name == "ls")
    out.push_back({"-l,--long", "with mode, owner, size and time"});
  if (operation != nullptr && operation->has_result("nagios"))
    out.push_back({"--nagios", "one line and the exit codes of a Nagios plugin"});
  out.push_back({"--json", "one JSON object a line on standard output, the result last"});
  out.push_back({"-q,--quiet", "no progress and no warnings"});
  out.push_back({"-v,--verbose", "say more; twice: say all"});
  out.push_back({"-h,--help", "this text"});
  return out;
}

CommandLine parse_command_line(const std::vector<Operation>& table, int count, char** values) {
  CommandLine line;
  if (count < 2) {
    line.action = CommandLine::Action::kOverview;
    return line;
  }
  if (wants_help(count, values)) {
    line.action = CommandLine::Action::kHelp;
    line.operation = typed_operation(table, count, values);
    return line;
  }
  CLI::App app;
  app.set_help_flag();
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.allow_extras();
  bool version = false;
  app.add_flag("--version", version);
  app.add_flag("--json", line.display.json);
  app.add_flag("-q,--quiet", line.display.quiet);
  app.add_flag("-v,--verbose", line.display.verbose);
  auto* completion = app.add_subcommand("completion");
  std::string shell;
  completion->add_option("shell", shell);
  auto* reference = app.add_subcommand("reference");

  std::deque<Given> all;
  for (const auto& operation : table) {
    auto& given = all.emplace_back();
    given.operation = &operation;
    given.command = command_for(app, operation);
    given.command->allow_extras();
    add_host_options(*given.command, line.display, operation);
    for (const auto& parameter : operation.parameters)
      add_parameter(given, parameter);
  }
  char** mark = std::find(values + 1, values + count, std::string_view("--"));
  const std::vector<std::string> words(std::min(mark + 1, values + count), values + count);
  try {
    app.parse(static_cast<int>(mark - values), values);
  } catch (const CLI::ParseError& error) {
    throw Failure{PRA_INVALID_ARGUMENT, "invalid_argument", error.what(),
                  "`pra --help` and `pra COMMAND --help` show what there is"};
  }
  if (version) {
    line.action = CommandLine::Action::kVersion;
    return line;
  }
  if (completion->parsed()) {
    if (shell != "bash")
      throw Failure{PRA_INVALID_ARGUMENT, "invalid_argument",
                    fmt::format("there is no completion for '{}'", shell), "pra completion bash"};
    line.action = CommandLine::Action::kCompletion;
    return line;
  }
  if (reference->parsed()) {
    line.action = CommandLine::Action::kReference;
    return line;
  }
  const auto used =
      std::ranges::find_if(all, [](const Given& given) { return given.command->parsed(); });
  if (used == all.end()) {
    const auto rest = app.remaining(true);
    if (rest.empty()) line.action = CommandLine::Action::kOverview;
    // The library says which operation it may have been.
    if (!rest.empty()) line.operation = rest.front();
    return line;
  }
  line.operation = used->operation->name;
  line.parameters = parameters_of(*used);
  if (const auto rest = app.remaining(true); !rest.empty()) add_unknown(rest, line.parameters);
  add_words(*used->operation, words, line.parameters);
  return line;
}

}  // namespace pra_host
