#include "config/config.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"

using namespace pra;

namespace {

std::string error_of(const std::string& text) {
  try {
    (void)config::parse_config(text, "pra.yaml");
  } catch (const Error& problem) {
    CHECK(problem.code() == ErrorCode::kInvalidArgument);
    return problem.what();
  }
  return {};
}

constexpr const char* kWhole = R"(version: 1
name: shop
objectives: {rto: 30m, rpo: 5m}
repository: {url: /srv/backup, key: "file:/etc/pra/repository.key"}
sources:
  db: {type: postgres, dsn: "service=shop"}
  uploads: {type: files, paths: [/srv/uploads], exclude: ["*.tmp"], exclude_larger_than: 1GiB}
  crm: {type: command, command: [pg_dump, crm], file_name: crm.sql}
probes:
  - {name: web, http: {url: "http://127.0.0.1:3000/health", status: [200, 204]}, timeout: 2s}
  - {name: db, postgres: {dsn: "service=shop", role: primary}, periodSeconds: 5}
  - {name: port, tcp: {port: 5432}}
  - {name: script, command: [/usr/bin/true]}
)";

}  // namespace

TEST_CASE("a whole file is read") {
  const auto config = config::parse_config(kWhole, "pra.yaml");
  CHECK(config.name == "shop");
  CHECK(config.objectives.rto == std::chrono::minutes(30));
  CHECK(config.objectives.rpo == std::chrono::minutes(5));
  REQUIRE(config.repository);
  CHECK(config.repository->url == "/srv/backup");
  REQUIRE(config.sources.size() == 3);
  CHECK(std::get<config::PostgresSource>(config.sources[0].what).dsn == "service=shop");
  const auto& files = std::get<config::FilesSource>(config.sources[1].what);
  CHECK(files.paths == std::vector<std::string>{"/srv/uploads"});
  CHECK(files.exclude == std::vector<std::string>{"*.tmp"});
  CHECK(files.exclude_larger_than == 1u << 30);
  CHECK(std::get<config::CommandSource>(config.sources[2].what).file_name == "crm.sql");
  REQUIRE(config.probes.size() == 4);
  CHECK(config.probes[0].timeout == std::chrono::seconds(2));
  CHECK(std::get<probe::HttpProbe>(config.probes[0].check).status == std::vector<int>{200, 204});
  CHECK(config.probes[1].period == std::chrono::seconds(5));
  CHECK(std::get<probe::TcpProbe>(config.probes[2].check).host == "127.0.0.1");
  CHECK(std::get<probe::CommandProbe>(config.probes[3].check).command.size() == 1);
}

TEST_CASE("an unknown key is named with its line and the nearest known one") {
  const auto text = error_of("version: 1\nrepositroy: {url: /x, key: 'file:/k'}\n");
  CHECK(text == "pra.yaml:2: repositroy: there is no such key; did you mean 'repository'?");
}

TEST_CASE("everything that is wrong is said at once, in order of line") {
  const auto text = error_of(
      "version: 2\n"
      "objectives: {rpo: 15}\n"
      "sources:\n"
      "  a: {type: files, paths: [relative]}\n"
      "  b: {type: oracle}\n"
      "probes:\n"
      "  - {name: x, http: {url: ftp://h}, timeout: 0s}\n"
      "  - {name: y}\n");
  CHECK(text.find("pra.yaml:1: version: must be 1") != std::string::npos);
  CHECK(text.find("pra.yaml:2: objectives.rpo: not a duration: '15'") != std::string::npos);
  CHECK(text.find("pra.yaml:4: sources.a.paths: 'relative' is not absolute") != std::string::npos);
  CHECK(text.find("pra.yaml:5: sources.b.type: there is no type 'oracle'") != std::string::npos);
  CHECK(text.find("pra.yaml:7: probes[1].http.url") != std::string::npos);
  CHECK(text.find("pra.yaml:8: probes[2].name") != std::string::npos);
}

TEST_CASE("a secret in clear is refused and never echoed") {
  const auto text = error_of("version: 1\nrepository: {url: /x, key: hunter2}\n");
  CHECK(text.find("repository.key: must say where the secret is") != std::string::npos);
  CHECK(text.find("hunter2") == std::string::npos);
  const auto dsn =
      error_of("version: 1\nsources: {db: {type: postgres, dsn: 'host=h password=hunter2'}}\n");
  CHECK(dsn.find("must not hold a password") != std::string::npos);
  CHECK(dsn.find("hunter2") == std::string::npos);
}

TEST_CASE("repeated keys, several documents, other shapes and broken syntax are errors") {
  CHECK(error_of("version: 1\nname: a\nname: b\n").find("pra.yaml:3: name: is given twice") == 0);
  CHECK(error_of("version: 1\n---\nversion: 1\n").find("only one YAML document") !=
        std::string::npos);
  CHECK(error_of("- 1\n").find("the file: must be a mapping") != std::string::npos);
  CHECK(error_of("").find("the file is empty") != std::string::npos);
  CHECK(error_of("version: 1\nname: [\n").find("YAML syntax") != std::string::npos);
  CHECK(error_of("version: 1\nsources: 5\n").find("sources: must be a mapping") !=
        std::string::npos);
  CHECK(error_of("version: 1\nname: {a: b}\n").find("name: must be text") != std::string::npos);
}
