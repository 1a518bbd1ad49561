#include "host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "command_line.hpp"
#include "handle.hpp"
#include "help.hpp"
#include "render/read.hpp"
#include "render/render.hpp"
#include "screen.hpp"
#include "signals.hpp"

namespace pra_host {

namespace {

constexpr int kUsage = 2;
constexpr int kNagiosCritical = 2;
constexpr int kNagiosUnknown = 3;

/// Of the codes of errors only some are exit codes; the others are plain failures.
int exit_code_of(int code) {
  switch (code) {
    case PRA_INVALID_ARGUMENT:
    case PRA_PARTIAL:
    case PRA_UNHEALTHY:
    case PRA_NO_REPOSITORY:
    case PRA_LOCKED:
    case PRA_WRONG_KEY:
    case PRA_CANCELLED:
      return code;
    default:
      return 1;
  }
}

std::string command_of(std::string operation) {
  std::ranges::replace(operation, '_', ' ');
  return operation;
}

/// What the callbacks of one run need.
struct Run {
  Screen& screen;
  const Display& display;
};

void on_log(pra_log_level level, const char* message, void* user_data) {
  static_cast<Run*>(user_data)->screen.log(level, message);
}

int on_progress(const pra_progress* progress, void* user_data) {
  static_cast<Run*>(user_data)->screen.progress(*progress);
  return 0;
}

void on_event(const char* event_json, void* user_data) {
  auto& run = *static_cast<Run*>(user_data);
  const auto event = boost::json::parse(event_json).as_object();
  if (run.display.json)
    run.screen.json(event);
  else if (const auto text = render_event(event, run.display); !text.empty())
    run.screen.print(text);
}

int on_data(const void* bytes, size_t length, void* user_data) {
  return static_cast<Run*>(user_data)->screen.write(bytes, length) ? 0 : 1;
}

pra_log_level log_level(const Display& display) {
  if (display.quiet) return PRA_LOG_ERROR;
  if (display.verbose > 1) return PRA_LOG_DEBUG;
  return display.verbose == 1 ? PRA_LOG_INFO : PRA_LOG_WARNING;
}

boost::json::object run_operation(const CommandLine& line, Run& run) {
  pra_context_options options = {};
  options.size = sizeof options;
  options.log = on_log;
  options.log_user_data = &run;
  options.log_level = log_level(line.display);
  pra_context* made = nullptr;
  check(pra_context_new(&made, &options));
  const Handle<pra_context> context(made);
  const Signals signals(made);

  pra_callbacks callbacks = {};
  callbacks.size = sizeof callbacks;
  callbacks.progress = line.display.nagios ? nullptr : on_progress;
  callbacks.event = line.display.nagios ? nullptr : on_event;
  // With --json standard output is for JSON only.
  callbacks.data = line.display.json ? nullptr : on_data;
  char* text = nullptr;
  check(pra_run(&text, made, line.operation.c_str(),
                boost::json::serialize(line.parameters).c_str(), &callbacks, &run));
  const Handle<char> owned(text);
  return boost::json::parse(text).as_object();
}

int show(const CommandLine& line, boost::json::object result, Screen& screen) {
  screen.end_progress();
  const auto code = static_cast<int>(number(result, "code"));
  if (line.display.nagios) {
    screen.print(text(result, "nagios") + "\n");
    return code == 0 ? 0 : kNagiosCritical;
  }
  if (line.display.json) {
    boost::json::object whole{{"type", "result"}, {"operation", line.operation}};
    for (auto& member : result)
      whole.emplace(member.key(), std::move(member.value()));
    screen.json(whole);
  } else {
    screen.print(render(line.operation, result));
  }
  return code;
}

int show_failure(const Failure& failure, const CommandLine& line, Screen& screen) {
  screen.end_progress();
  if (line.display.nagios) {
    screen.print(fmt::format("PRA UNKNOWN - {}\n", failure.message));
    return kNagiosUnknown;
  }
  const int code = exit_code_of(failure.code);
  auto hint = failure.hint;
  if (hint.empty() && code == kUsage && !line.operation.empty())
    hint = fmt::format("`pra {} --help` shows what there is", command_of(line.operation));
  screen.error(failure.name, code, failure.message, hint);
  return code;
}

int run_and_show(const CommandLine& line) {
  Screen screen(line.display);
  Run run{screen, line.display};
  int code = 0;
  try {
    code = show(line, run_operation(line, run), screen);
  } catch (const Failure& failure) {
    code = show_failure(failure, line, screen);
  }
  if (!screen.flush()) {
    fmt::print(stderr, "pra: standard output did not take the whole result\n");
    return code == 0 ? 1 : code;
  }
  return code;
}

int print(const std::string& text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return printed && std::fflush(stdout) == 0 ? 0 : 1;
}

int act(const std::vector<Operation>& table, const CommandLine& line) {
  switch (line.action) {
    case CommandLine::Action::kRun:
      return run_and_show(line);
    case CommandLine::Action::kOverview:
      fmt::print(stderr, "{}", overview(table));
      return kUsage;
    case CommandLine::Action::kHelp: {
      const auto* operation = find(table, line.operation);
      return print(operation != nullptr ? help_for(*operation) : overview(table));
    }
    case CommandLine::Action::kVersion:
      return print(fmt::format("pra {}\n", pra_version()));
    case CommandLine::Action::kCompletion:
      return print(bash_completion(table));
    case CommandLine::Action::kReference:
      return print(reference(table));
  }
  return kUsage;
}

}  // namespace

int host_main(int count, char** values) {
  try {
    const auto table = load_table();
    return act(table, parse_command_line(table, count, values));
  } catch (const Failure& failure) {
    fmt::print(stderr, "pra: {}\n", failure.message);
    if (!failure.hint.empty()) fmt::print(stderr, "hint: {}\n", failure.hint);
    return exit_code_of(failure.code);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pra: {}\n", error.what());
    return 1;
  }
}

}  // namespace pra_host
