#include "ops/backup_job.hpp"

#include <doctest/doctest.h>

#include "ops/operation.hpp"
#include "support/errors.hpp"

namespace pra::ops {

namespace {

config::Config sample_config() {
  config::Config config;
  config.path = "pra.yaml";
  config.sources = {
      {"db", config::PostgresSource{"service=shop"}, {}},
      {"uploads", config::FilesSource{{"/srv/uploads"}, {"*.tmp"}, {}, true, true, 7}, {"nightly"}},
      {"crm", config::CommandSource{{"dump", "crm"}, "crm.sql"}, {}}};
  return config;
}

std::vector<BackupJob> jobs(const json::object& given,
                            const std::optional<config::Config>& config = std::nullopt) {
  return backup_jobs(check_parameters(*find_operation("backup"), given), config);
}

std::string complaint(const json::object& given,
                      const std::optional<config::Config>& config = std::nullopt) {
  return test::words_of([&] { static_cast<void>(jobs(given, config)); });
}

}  // namespace

TEST_CASE("a source is described on the command line without a configuration") {
  const auto files = jobs({{"sources", json::array{"files", "/a", "/b"}},
                           {"exclude", "*.o"},
                           {"exclude_larger_than", "1GiB"},
                           {"one_file_system", true},
                           {"tag", json::array{"x"}},
                           {"name", "docs"},
                           {"time", "2026-01-02T03:04:05Z"},
                           {"dry_run", true}});
  REQUIRE(files.size() == 1);
  const auto& options = std::get<backup::FileOptions>(files[0].options);
  CHECK(files[0].type == "files");
  CHECK(options.paths == std::vector<std::string>{"/a", "/b"});
  CHECK(options.excludes == std::vector<std::string>{"*.o"});
  CHECK(options.exclude_larger_than == 1073741824);
  CHECK(options.one_file_system);
  CHECK(options.source_name == "docs");
  CHECK(options.tags == std::vector<std::string>{"x"});
  CHECK(options.dry_run);
  REQUIRE(options.time);
  CHECK(options.time->seconds == 1767323045);

  const auto postgres = jobs({{"sources", json::array{"postgres"}}, {"dsn", "service=x"}});
  CHECK(std::get<backup::PostgresOptions>(postgres[0].options).dsn == "service=x");

  const auto command =
      jobs({{"sources", json::array{"command", "sh", "-c", "true"}}, {"name", "crm.sql"}});
  const auto& program = std::get<CommandOptions>(command[0].options);
  CHECK(program.command == std::vector<std::string>{"sh", "-c", "true"});
  CHECK(program.file_name == "crm.sql");
}

TEST_CASE("the parameters of their own say the same") {
  const auto by_type = jobs({{"type", "files"}, {"paths", json::array{"/a"}}});
  CHECK(std::get<backup::FileOptions>(by_type[0].options).paths == std::vector<std::string>{"/a"});
}

TEST_CASE("sources of the configuration, all or by name") {
  const auto all = jobs({{"force", true}}, sample_config());
  REQUIRE(all.size() == 3);
  CHECK(std::get<backup::PostgresOptions>(all[0].options).source_name == "db");
  const auto& files = std::get<backup::FileOptions>(all[1].options);
  CHECK(files.source_name == "uploads");
  CHECK(files.paths == std::vector<std::string>{"/srv/uploads"});
  CHECK(files.excludes == std::vector<std::string>{"*.tmp"});
  CHECK(files.exclude_caches);
  CHECK(files.one_file_system);
  CHECK(files.exclude_larger_than == 7);
  CHECK(files.tags == std::vector<std::string>{"nightly"});
  CHECK(files.force);
  CHECK(std::get<CommandOptions>(all[2].options).file_name == "crm.sql");

  const auto some = jobs({{"sources", json::array{"crm", "db"}}}, sample_config());
  REQUIRE(some.size() == 2);
  CHECK(some[0].name == "crm");
  CHECK(some[1].name == "db");
}

TEST_CASE("what does not fit together is refused with a way out") {
  CHECK(complaint({}).find("pra backup … files PATH…") != std::string::npos);
  CHECK(complaint({{"sources", json::array{"upload"}}}, sample_config())
            .find("did you mean 'uploads'?") != std::string::npos);
  CHECK(complaint({{"sources", json::array{"files"}}}).find("nothing to back up") !=
        std::string::npos);
  CHECK(complaint({{"sources", json::array{"postgres", "shop"}}}).find("dsn") != std::string::npos);
  CHECK(complaint({{"sources", json::array{"command"}}, {"name", "x"}}).find("no program") !=
        std::string::npos);
  CHECK(complaint({{"sources", json::array{"command", "true"}}}).find("no name") !=
        std::string::npos);
  CHECK(complaint({{"sources", json::array{"command", "true"}}, {"name", "a/b"}})
            .find("cannot be a file's name") != std::string::npos);
  CHECK(complaint({{"sources", json::array{"files", "/a"}}, {"paths", "/b"}}).find("twice") !=
        std::string::npos);
  CHECK(complaint({{"sources", json::array{"files", "/a"}}, {"dsn", "x"}}).find("'dsn'") !=
        std::string::npos);
  CHECK(complaint({{"sources", json::array{"db"}}, {"paths", "/a"}}, sample_config())
            .find("'paths'") != std::string::npos);
  CHECK(complaint({{"type", "files"}, {"paths", "/a"}, {"sources", "db"}}, sample_config())
            .find("two different things") != std::string::npos);
  CHECK(complaint({{"type", "files"}, {"paths", "/a"}, {"compression", 20}}).find("1 (fast)") !=
        std::string::npos);
  CHECK(complaint({{"type", "files"}, {"paths", "/a"}, {"workers", -1}}).find("workers") !=
        std::string::npos);
}

}  // namespace pra::ops
