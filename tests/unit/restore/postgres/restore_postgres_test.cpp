// The rules of restoring a cluster, with a made-up one; real servers are in tests/integration.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "repo/repository_fixture.hpp"
#include "restore/restore.hpp"
#include "source/postgres/snapshot_layout.hpp"
#include "support/errors.hpp"
#include "support/hurried_clock.hpp"
#include "support/snapshot_builder.hpp"

using namespace pra;
namespace fs = std::filesystem;
namespace pg = pra::source::postgres;
using pra::test::code_of;
using pra::test::words_of;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string control_file(std::uint64_t identifier) {
  std::string content(8192, '\0');
  const std::uint32_t version = 1300;
  std::memcpy(content.data(), &identifier, sizeof identifier);
  std::memcpy(content.data() + sizeof identifier, &version, sizeof version);
  return content;
}

constexpr std::uint64_t kIdentifier = 7711208194629900653;

/// A repository with the snapshot of a cluster, with or without a tablespace.
class Case {
 public:
  explicit Case(bool with_tablespace) : with_tablespace_(with_tablespace) {
    fixture.clock = std::make_shared<test::HurriedClock>();
    repository = fixture.create();
    elsewhere = directory / "elsewhere";
    options.target = directory / "data";
    snapshot = make_snapshot("");
  }

  /// A snapshot in which the content of the file `lost` is missing.
  repo::Snapshot make_snapshot(const std::string& lost) {
    pg::Description description;
    description.system_identifier = std::to_string(kIdentifier);
    description.version = "15.20";
    description.timeline = 1;
    test::SnapshotBuilder builder(*repository, 64 << 10);
    const auto file = [&](const std::string& path, const std::string& content) {
      auto& node = builder.file("postgres/db/" + path, content);
      if (path == lost) node.content.front().bytes[0] ^= 1;
    };
    builder.directory("postgres/db/data").mode = 0700;
    file("data/PG_VERSION", "15\n");
    file("data/base/1/1247", std::string(8192, 'r'));
    file("data/global/pg_control", control_file(kIdentifier));
    builder.directory("postgres/db/data/pg_wal");
    if (with_tablespace_) {
      description.tablespaces = {{16384, elsewhere, false}};
      builder.symlink("postgres/db/data/pg_tblspc/16384", "../../tablespaces/16384");
      file("tablespaces/16384/PG_15_1/5/16400", std::string(8192, 't'));
    }
    file("backup.json", pg::encode_description(description));
    auto made = builder.finish();
    made.tags = {"pra:type=postgres"};
    return made;
  }

  restore::Result run() {
    Progress progress;
    return restore::restore_postgres(*repository, snapshot, options, progress, {});
  }
  [[nodiscard]] std::string at(const std::string& path) const {
    return options.target + '/' + path;
  }

  test::RepositoryFixture fixture;
  std::shared_ptr<repo::Repository> repository;
  test::TemporaryDirectory directory;
  std::string elsewhere;
  repo::Snapshot snapshot;
  restore::PostgresOptions options;

 private:
  bool with_tablespace_;
};

}  // namespace

TEST_CASE("a cluster is restored with its owner's mode, and once only") {
  Case test(false);
  CHECK(test.run().changed);
  CHECK(read(test.at("global/pg_control")) == control_file(kIdentifier));
  CHECK(read(test.at("base/1/1247")) == std::string(8192, 'r'));
  struct stat status {};
  REQUIRE(::stat(test.options.target.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  CHECK_FALSE(test.run().changed);
  fs::permissions(test.options.target, fs::perms::owner_all | fs::perms::others_read);
  CHECK(test.run().changed);
  REQUIRE(::stat(test.options.target.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("what a newer life of the cluster left is removed or put back, whatever its time") {
  Case test(false);
  (void)test.run();
  const auto time = fs::last_write_time(test.at("base/1/1247"));
  write(test.at("base/1/1247"), std::string(8192, 'z'));
  fs::last_write_time(test.at("base/1/1247"), time);
  write(test.at("base/1/9999"), "a relation that came later");
  write(test.at("pg_wal/000000010000000000000009"), "log that came later");
  write(test.at("standby.signal"), "");
  write(test.at("postmaster.pid"), "4194303\n");
  test.options.dry_run = true;
  CHECK(test.run().changed);
  CHECK(fs::exists(test.at("base/1/9999")));
  CHECK(read(test.at("base/1/1247")) == std::string(8192, 'z'));
  test.options.dry_run = false;
  CHECK(test.run().entries_removed == 4);
  CHECK(read(test.at("base/1/1247")) == std::string(8192, 'r'));
  for (const char* gone :
       {"base/1/9999", "pg_wal/000000010000000000000009", "standby.signal", "postmaster.pid"})
    CHECK_FALSE(fs::exists(test.at(gone)));
}

TEST_CASE("foreign clusters and other people's files are refused unless told otherwise") {
  Case test(false);
  fs::create_directories(test.at("global"));
  write(test.at("global/pg_control"), control_file(42));
  CHECK(words_of([&] { (void)test.run(); }).find("another cluster") != std::string::npos);
  CHECK(read(test.at("global/pg_control")) == control_file(42));
  fs::remove(test.at("global/pg_control"));
  write(test.at("thesis.txt"), "x");
  CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kAlreadyExists);
  CHECK(fs::exists(test.at("thesis.txt")));
  test.options.replace_foreign = true;
  CHECK(test.run().changed);
  CHECK_FALSE(fs::exists(test.at("thesis.txt")));
}

TEST_CASE("a restore that was interrupted over an older life of the cluster goes on") {
  Case test(false);
  (void)test.run();
  write(test.at("postmaster.opts"), "x");
  write(test.at("server.log"), "x");
  fs::remove(test.at("global/pg_control"));
  CHECK(test.run().changed);
  CHECK(fs::exists(test.at("global/pg_control")));
  CHECK_FALSE(fs::exists(test.at("server.log")));
}

TEST_CASE("a running cluster is refused, told to replace or not") {
  Case test(false);
  (void)test.run();
  write(test.at("postmaster.pid"), std::to_string(::getpid()) + "\n");
  const auto before = fs::current_path();
  fs::current_path(test.options.target);  // As a server does.
  for (const bool replace : {false, true}) {
    test.options.replace_foreign = replace;
    CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kLocked);
  }
  fs::current_path(before);
  CHECK(test.run().entries_removed == 1);
}

TEST_CASE("a tablespace goes back to its place, or where it is told") {
  Case test(true);
  (void)test.run();
  CHECK(fs::read_symlink(test.at("pg_tblspc/16384")) == test.elsewhere);
  CHECK(read(test.elsewhere + "/PG_15_1/5/16400") == std::string(8192, 't'));
  CHECK_FALSE(test.run().changed);

  const std::string moved = test.directory / "moved";
  test.options.tablespaces = {{test.elsewhere + "/", moved}};
  CHECK(test.run().changed);
  CHECK(fs::read_symlink(test.at("pg_tblspc/16384")) == moved);
  CHECK(read(moved + "/PG_15_1/5/16400") == std::string(8192, 't'));
  CHECK(fs::exists(test.at("global/pg_control")));
  test.options.tablespaces = {{"16384", moved}};
  CHECK_FALSE(test.run().changed);
}

TEST_CASE("other versions' folders in a tablespace are left alone, its own is made equal") {
  Case test(true);
  (void)test.run();
  fs::create_directories(test.elsewhere + "/PG_14_1");
  write(test.elsewhere + "/PG_15_1/5/16999", "came later");
  CHECK(test.run().entries_removed == 1);
  CHECK(fs::exists(test.elsewhere + "/PG_14_1"));
  CHECK(fs::exists(test.at("global/pg_control")));
}

TEST_CASE("a place that may be another cluster's is refused, and nothing is touched") {
  Case test(true);
  fs::create_directories(test.elsewhere + "/PG_15_1");
  CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kAlreadyExists);
  CHECK_FALSE(fs::exists(test.options.target));
  fs::remove(test.elsewhere + "/PG_15_1");
  CHECK(test.run().changed);
}

TEST_CASE("places that make no sense are refused") {
  Case test(true);
  const std::string target = test.options.target;
  const auto refused = [&](const std::string& from, const std::string& to) {
    test.options.tablespaces = {{from, to}};
    return code_of([&] { (void)test.run(); }) == ErrorCode::kInvalidArgument;
  };
  CHECK(refused("/unknown", "/tmp/x"));
  CHECK(refused("99", "/tmp/x"));
  CHECK(refused("16384", "relative"));
  CHECK(refused("16384", ""));
  CHECK(refused("16384", target));
  CHECK(refused("16384", target + "/inside"));
  CHECK(refused("16384", test.directory.path()));
  CHECK(refused("16384", target + "/x/../../data/y"));
  CHECK_FALSE(fs::exists(target));
}

TEST_CASE("a snapshot of files, and parts of a cluster, are refused") {
  Case test(false);
  test.options.include = {"base"};
  CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kInvalidArgument);
  test.options.include.clear();
  test.options.overwrite = restore::Overwrite::kNever;
  CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kInvalidArgument);
  test.options.overwrite = restore::Overwrite::kAlways;
  test.snapshot.tags.clear();
  CHECK(code_of([&] { (void)test.run(); }) == ErrorCode::kInvalidArgument);
}

TEST_CASE("a cluster with a lost file gets no control file, and loses one it had") {
  for (const char* lost : {"data/base/1/1247", "tablespaces/16384/PG_15_1/5/16400"})
    for (const bool over_another : {false, true}) {
      CAPTURE(lost);
      CAPTURE(over_another);
      Case test(true);
      if (over_another) {
        (void)test.run();
        fs::remove(test.at("base/1/1247"));
        fs::remove(test.elsewhere + "/PG_15_1/5/16400");
      }
      const repo::Snapshot whole = std::exchange(test.snapshot, test.make_snapshot(lost));
      const auto result = test.run();
      CHECK(result.failed_files > 0);
      CHECK(result.problem_count > 0);
      CHECK_FALSE(fs::exists(test.at("global/pg_control")));
      test.snapshot = whole;
      CHECK(test.run().failed_files == 0);
      CHECK(fs::exists(test.at("global/pg_control")));
      CHECK(read(test.at("base/1/1247")) == std::string(8192, 'r'));
    }
}
