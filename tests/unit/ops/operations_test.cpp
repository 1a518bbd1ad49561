#include <doctest/doctest.h>

#include <atomic>
#include <fstream>

#include "ops/operation.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

namespace pra::ops {

namespace {

/// Time that only a test moves; waiting is real, so that a lock's refresher does not run away.
class SetClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    return system_->now().plus(std::chrono::seconds(ahead_));
  }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    return system_->sleep(duration, stop);
  }
  void advance(std::chrono::seconds by) { ahead_ += by.count(); }

 private:
  std::shared_ptr<Clock> system_ = system_clock();
  std::atomic<std::int64_t> ahead_ = 0;
};

/// A repository of its own and a clock that is set, for running operations as a host does.
class Host {
 public:
  json::object run(std::string_view operation, json::object parameters = {}) {
    if (!parameters.contains("config") && needs_repository(operation)) {
      parameters["repo"] = folder / "repository";
      parameters["key_file"] = folder / "key";
    }
    Context context{.files = posix_file_system(),
                    .clock = clock,
                    .logger = std::make_shared<Logger>(),
                    .progress = progress,
                    .stop = {},
                    .event = event,
                    .data = data,
                    .cache_directory = {}};
    return run_operation(operation, parameters, context);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
  }

  test::TemporaryDirectory folder = test::TemporaryDirectory::in_memory();
  std::shared_ptr<SetClock> clock = std::make_shared<SetClock>();
  Progress progress;
  std::function<void(const json::object&)> event;
  std::function<void(ByteView)> data;

 private:
  static bool needs_repository(std::string_view operation) {
    for (const auto& parameter : find_operation(operation)->parameters)
      if (parameter.name == "repo") return true;
    return false;
  }
};

std::int64_t number(const json::object& object, std::string_view member) {
  return object.at(member).to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("a program's output is backed up, listed, dumped, and its age judged") {
  Host host;
  CHECK(host.run("init").at("key_created").as_bool());
  const auto made = host.run(
      "backup",
      {{"type", "command"}, {"command", json::array{"echo", "rows"}}, {"name", "crm.sql"}});
  CHECK(number(made, "code") == 0);
  CHECK(made.at("snapshot").as_string().size() == 64);

  const auto listed = host.run("snapshots", {{"source", "crm.sql"}});
  CHECK(number(listed, "count") == 1);
  CHECK(host.run("snapshots", {{"source", "other"}}).at("count") == 0);
  CHECK(listed.at("latest") == made.at("snapshot"));

  std::string dumped;
  host.data = [&](ByteView bytes) { dumped += as_text(bytes); };
  CHECK(number(host.run("dump", {{"source", "crm.sql"}}), "bytes") == 5);
  CHECK(dumped == "rows\n");

  const auto fresh = host.run("status", {{"max_age", "1h"}});
  CHECK(fresh.at("fresh").as_bool());
  CHECK(number(fresh, "code") == 0);
  host.clock->advance(std::chrono::hours(2));
  const auto stale = host.run("status", {{"max_age", "1h"}});
  CHECK_FALSE(stale.at("fresh").as_bool());
  CHECK(number(stale, "code") == 4);
  CHECK(stale.at("verdict") == "stale");
  const std::string line(stale.at("nagios").as_string());
  CHECK(line.starts_with(
      "PRA CRITICAL - crm.sql was backed up 2h 00m ago, wanted is 1h 00m | 'age'="));
  CHECK(line.find(";;3600;0 'snapshots'=1;;;0") != std::string::npos);
  CHECK(number(stale, "age_seconds") >= 7200);
  CHECK(host.run("status").at("fresh").as_bool());
  const auto missing = host.run("status", {{"source", "never"}});
  CHECK(missing.at("verdict") == "missing");
  CHECK(number(missing, "code") == 4);
}

TEST_CASE("a tree is backed up, listed by events, restored and compared") {
  Host host;
  host.run("init");
  std::filesystem::create_directories(host.folder / "tree/deep");
  host.write("tree/one", "1");
  host.write("tree/deep/two", "22");
  const auto tree = host.folder / "tree";
  host.run("backup", {{"type", "files"}, {"paths", tree}, {"name", "tree"}});

  std::vector<std::string> paths;
  host.event = [&](const json::object& event) {
    CHECK(event.at("type") == "entry");
    paths.emplace_back(event.at("path").as_string());
  };
  const auto directly = host.run("ls", {{"directory", tree}});
  CHECK(paths == std::vector<std::string>{tree + "/deep", tree + "/one"});
  CHECK_FALSE(directly.contains("entries"));
  paths.clear();
  host.run("ls", {{"directory", tree}, {"recursive", true}});
  CHECK(paths.size() == 3);
  host.event = nullptr;
  CHECK(host.run("ls", {{"directory", tree + "/one"}}).at("entries").as_array().size() == 1);
  CHECK(test::words_of([&] {
          host.run("ls", {{"directory", tree + "/none/x"}});
        }).find("has no " + tree + "/none") != std::string::npos);

  const auto target = host.folder / "target";
  const json::object restore{{"target", target}, {"subpath", tree}};
  auto dry = restore;
  dry["dry_run"] = true;
  CHECK(host.run("restore", dry).at("changed").as_bool());
  CHECK_FALSE(std::filesystem::exists(target));
  CHECK(host.run("restore", restore).at("changed").as_bool());
  CHECK_FALSE(host.run("restore", restore).at("changed").as_bool());
  const json::object compare{{"restored", target}, {"subpath", tree}};
  CHECK(number(host.run("verify", compare), "code") == 0);
  host.write("target/one", "2");
  const auto differs = host.run("verify", compare);
  CHECK(number(differs, "code") == 1);
  CHECK(number(differs, "error_count") >= 1);
  CHECK(host.run("verify", {{"read_data", true}}).at("ok").as_bool());
}

TEST_CASE("several sources: one that fails does not cost the others their backup") {
  Host host;
  host.write("data", "content");
  const auto config =
      "version: 1\nname: shop\nrepository: {url: \"" + (host.folder / "repository") +
      "\", key: \"file:" + (host.folder / "key") +
      "\"}\nsources:\n  bad: {type: command, command: [\"false\"], file_name: bad}\n" +
      "  good: {type: files, paths: [\"" + (host.folder / "data") + "\"]}\n";
  host.write("pra.yaml", config);
  const json::object with{{"config", host.folder / "pra.yaml"}};
  host.run("init", with);
  const auto result = host.run("backup", with);
  CHECK(number(result, "code") == 1);
  CHECK(number(result, "failed_count") == 1);
  CHECK(result.at("snapshots").as_array().size() == 1);
  CHECK(result.at("sources").as_array()[1].at("source") == "good");
  // The verdict is by source: one that was never backed up is not fresh.
  const auto status = host.run("status", with);
  CHECK(number(status, "code") == 4);
  CHECK(number(status, "max_age_seconds") == 900);
  CHECK(std::string(status.at("message").as_string()).find("bad was never backed up") !=
        std::string::npos);
}

TEST_CASE("what is asked for must make sense") {
  Host host;
  const auto code = [&](std::string_view operation, const json::object& parameters) {
    return test::code_of([&] { host.run(operation, parameters); });
  };
  CHECK(code("snapshots", {}) == ErrorCode::kNoRepository);  // And no key either.
  host.run("init");
  CHECK(code("init", {}) == ErrorCode::kAlreadyExists);
  CHECK(code("dump", {}) == ErrorCode::kInvalidArgument);
  CHECK(code("restore", {{"target", host.folder / "x"}}) == ErrorCode::kNotFound);
  CHECK(code("verify", {{"snapshot", "latest"}}) == ErrorCode::kInvalidArgument);
  CHECK(code("verify", {{"read_data_subset", "0%"}}) == ErrorCode::kInvalidArgument);
  CHECK(code("verify", {{"read_data_subset", "101"}}) == ErrorCode::kInvalidArgument);
  CHECK(code("verify", {{"read_data_subset", "5%x"}}) == ErrorCode::kInvalidArgument);
  CHECK_FALSE(code("verify", {{"read_data_subset", "5.5%"}}));
  CHECK(code("snapshots", {{"key", "a secret in clear"}}) == ErrorCode::kInvalidArgument);
  CHECK(test::words_of([&] {
          host.run("snapshots", {{"key", "a secret in clear"}});
        }).find("secret in clear") == std::string::npos);
  CHECK(code("digest", {}) == ErrorCode::kInvalidArgument);
  CHECK(test::words_of([&] {
          Context context{.files = posix_file_system(),
                          .clock = host.clock,
                          .logger = std::make_shared<Logger>(),
                          .progress = host.progress,
                          .stop = {},
                          .event = {},
                          .data = {},
                          .cache_directory = {}};
          static_cast<void>(run_operation("snapshts", {}, context));
        }).find("did you mean 'snapshots'?") != std::string::npos);
}

TEST_CASE("probes are run and summed up") {
  Host host;
  const auto result =
      host.run("health", {{"probes", json::array{"good=command:true", "bad=command:false"}}});
  CHECK_FALSE(result.at("healthy").as_bool());
  CHECK(number(result, "healthy_count") == 1);
  CHECK(number(result, "code") == 4);
  CHECK(std::string(result.at("nagios").as_string()).starts_with("PRA CRITICAL"));
  CHECK(std::string(result.at("message").as_string()).starts_with("1 of 2 probes healthy; bad: "));
}

TEST_CASE("digests are made and checked") {
  Host host;
  host.write("file", "hi\n");
  std::string lines;
  host.data = [&](ByteView bytes) { lines += as_text(bytes); };
  CHECK(number(host.run("digest", {{"path", host.folder / "file"}}), "files") == 1);
  CHECK(lines == "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4  " +
                     (host.folder / "file") + "\n");
  host.write("list", lines);
  CHECK(number(host.run("digest", {{"check", host.folder / "list"}}), "matched") == 1);
  host.write("file", "ho\n");
  const auto checked = host.run("digest", {{"check", host.folder / "list"}});
  CHECK(number(checked, "code") == 1);
  CHECK(number(checked, "failure_count") == 1);
}

}  // namespace pra::ops
