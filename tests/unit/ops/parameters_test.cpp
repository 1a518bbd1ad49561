#include "ops/parameters.hpp"

#include <doctest/doctest.h>

#include <set>

#include "support/errors.hpp"

namespace pra::ops {

namespace {

Operation sample() {
  return {.name = "sample",
          .parameters = {{.name = "target", .type = ParameterType::kPath, .required = true},
                         {.name = "count", .type = ParameterType::kInteger, .default_text = "3"},
                         {.name = "dry_run", .type = ParameterType::kBoolean},
                         {.name = "wait", .type = ParameterType::kDuration},
                         {.name = "limit", .type = ParameterType::kSize},
                         {.name = "tags", .type = ParameterType::kStringList},
                         {.name = "moves", .type = ParameterType::kStringMap},
                         {.name = "mode", .default_text = "auto", .choices = {"auto", "never"}}}};
}

std::string complaint(const json::object& given) {
  return test::words_of([&] { static_cast<void>(check_parameters(sample(), given)); });
}

}  // namespace

TEST_CASE("defaults are filled in and values get their types") {
  const auto checked = check_parameters(sample(), {{"target", "/x"}});
  const Arguments arguments(checked);
  CHECK(arguments.text("target") == "/x");
  CHECK(arguments.integer("count") == 3);
  CHECK(arguments.text("mode") == "auto");
  CHECK_FALSE(arguments.flag("dry_run"));
  CHECK_FALSE(arguments.has("wait"));
  CHECK(arguments.list("tags").empty());
}

TEST_CASE("text stands for numbers, booleans, durations, sizes, lists and maps") {
  const auto checked = check_parameters(sample(), {{"target", "/x"},
                                                   {"count", "5"},
                                                   {"dry_run", "true"},
                                                   {"wait", "1m30s"},
                                                   {"limit", "64KiB"},
                                                   {"tags", "one"},
                                                   {"moves", "/a=/b=c"}});
  const Arguments arguments(checked);
  CHECK(arguments.integer("count") == 5);
  CHECK(arguments.flag("dry_run"));
  CHECK(arguments.duration("wait") == std::chrono::seconds(90));
  CHECK(arguments.size("limit") == 65536);
  CHECK(arguments.list("tags") == std::vector<std::string>{"one"});
  CHECK(arguments.map("moves") == std::map<std::string, std::string>{{"/a", "/b=c"}});
}

TEST_CASE("JSON's own types are as good") {
  const auto checked = check_parameters(sample(), {{"target", "/x"},
                                                   {"count", 5},
                                                   {"dry_run", true},
                                                   {"limit", 4096},
                                                   {"tags", json::array{"one", "two"}},
                                                   {"moves", json::object{{"/a", "/b"}}},
                                                   {"wait", nullptr}});
  const Arguments arguments(checked);
  CHECK(arguments.integer("count") == 5);
  CHECK(arguments.flag("dry_run"));
  CHECK(arguments.size("limit") == 4096);
  CHECK(arguments.list("tags").size() == 2);
  CHECK(arguments.map("moves").at("/a") == "/b");
  CHECK_FALSE(arguments.has("wait"));
}

TEST_CASE("an unknown name comes with the nearest known one") {
  CHECK(complaint({{"target", "/x"}, {"targt", "/y"}}) ==
        "sample: there is no parameter 'targt' (did you mean 'target'?)");
  CHECK(complaint({{"target", "/x"}, {"zzzzzzzzz", 1}}) ==
        "sample: there is no parameter 'zzzzzzzzz'");
}

TEST_CASE("everything that is wrong is said at once") {
  const auto words = complaint({{"count", "five"},
                                {"dry_run", "maybe"},
                                {"wait", "90"},
                                {"limit", json::array{}},
                                {"tags", json::array{json::object{}}},
                                {"moves", "nothing"},
                                {"mode", "sometimes"},
                                {"other", 1}});
  for (const auto* part :
       {"parameter 'target' is missing", "parameter 'count' must be a whole number, not 'five'",
        "parameter 'dry_run' must be true or false, not 'maybe'",
        "parameter 'wait' must be a duration, not '90'", "parameter 'limit' must be text",
        "parameter 'tags' must be text", "parameter 'moves' must be written NAME=VALUE",
        "parameter 'mode' must be one of auto, never, not 'sometimes'",
        "there is no parameter 'other'"}) {
    CAPTURE(words);
    CHECK(words.find(part) != std::string::npos);
  }
}

TEST_CASE("numbers that do not fit and NUL bytes are refused, and nothing long is echoed") {
  CHECK(complaint({{"target", "/x"}, {"count", "99999999999999999999"}}).find("whole number") !=
        std::string::npos);
  CHECK(complaint({{"target", "/x"}, {"count", 1.5}}).find("whole number") != std::string::npos);
  CHECK(complaint({{"target", std::string("/x\0y", 4)}}).find("NUL") != std::string::npos);
  CHECK(complaint({{"target", "/x"}, {"mode", std::string(10'000, 'a')}}).size() < 300);
}

TEST_CASE("the table holds together") {
  std::set<std::string> names;
  for (const auto& operation : operations()) {
    CAPTURE(operation.name);
    CHECK(names.insert(operation.name).second);
    CHECK_FALSE(operation.summary.empty());
    CHECK_FALSE(operation.details.empty());
    CHECK_FALSE(operation.group.empty());
    CHECK_FALSE(operation.examples.empty());
    CHECK_FALSE(operation.results.empty());
    CHECK(operation.run);
    bool has_dry_run = false;
    bool list_seen = false;
    std::set<std::string> parameters;
    for (const auto& parameter : operation.parameters) {
      CAPTURE(parameter.name);
      CHECK(parameters.insert(parameter.name).second);
      CHECK_FALSE(parameter.help.empty());
      CHECK_FALSE((parameter.required && !parameter.default_text.empty()));
      has_dry_run |= parameter.name == "dry_run";
      // By place: a list takes all that is left, so nothing can follow it.
      CHECK_FALSE((parameter.positional && list_seen));
      list_seen |= parameter.positional && parameter.type == ParameterType::kStringList;
      // A switch can only be switched on on the command line.
      CHECK_FALSE((parameter.type == ParameterType::kBoolean && !parameter.default_text.empty()));
    }
    CHECK(has_dry_run == operation.dry_run);
    // Defaults pass their own checks.
    json::object given;
    for (const auto& parameter : operation.parameters)
      if (parameter.required) given[parameter.name] = "x";
    CHECK_NOTHROW(static_cast<void>(check_parameters(operation, given)));
  }
}

}  // namespace pra::ops
