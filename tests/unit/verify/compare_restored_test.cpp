// A tree on disk against its snapshot: equal after a restore, and every change named.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "repo/repository_fixture.hpp"
#include "restore/restore.hpp"
#include "support/hurried_clock.hpp"
#include "support/snapshot_builder.hpp"
#include "verify/verify.hpp"

using namespace pra;
namespace fs = std::filesystem;

namespace {

struct Case {
  test::RepositoryFixture fixture;
  std::shared_ptr<repo::Repository> repository;
  test::TemporaryDirectory directory;
  repo::Snapshot snapshot;
  std::string target = directory / "target";

  Case() {
    fixture.clock = std::make_shared<test::HurriedClock>();
    repository = fixture.create();
    test::SnapshotBuilder builder(*repository, 64 << 10);
    builder.file("a", std::vector<std::string>{"first block", "second block", "third"});
    builder.file("dir/b", "b");
    builder.file("dir/empty", "");
    builder.symlink("link", "a");
    builder.other("fifo", repo::NodeType::kFifo);
    for (const auto* name : {"one", "two"}) {
      auto& node = builder.file(name, "linked");
      node.links = 2;
      node.inode = 9;
    }
    builder.directory("dir").extended_attributes = {{"user.x", to_buffer(as_bytes("1"))}};
    snapshot = builder.finish();
    restore::Options options;
    options.target = target;
    Progress progress;
    const auto result = restore::restore_snapshot(*repository, snapshot, options, progress, {});
    REQUIRE(result.problem_count == 0);
  }
  [[nodiscard]] std::string at(const std::string& path) const { return target + "/" + path; }
  [[nodiscard]] verify::CompareResult compare(const std::string& subpath = "") const {
    Progress progress;
    return verify::compare_restored(*repository, snapshot, subpath.empty() ? target : at(subpath),
                                    subpath, progress, {});
  }
  void set_old_time(const std::string& path) const {
    const timespec times[2] = {{1'700'000'000, 123'456'789}, {1'700'000'000, 123'456'789}};
    REQUIRE(::utimensat(AT_FDCWD, at(path).c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
  }
};

}  // namespace

TEST_CASE("what was restored is equal") {
  const Case test;
  const auto result = test.compare();
  for (const auto& finding : result.differences)
    MESSAGE(finding.object << ": " << finding.message);
  CHECK(result.difference_count == 0);
  CHECK(result.entries == 8);
  CHECK(result.bytes_read == 28 + 1 + 6 + 6);
  CHECK(test.compare("dir").difference_count == 0);
}

TEST_CASE("each change on disk is one difference that names it") {
  const Case test;
  struct Change {
    std::string object;
    std::string message;
    std::function<void()> make;
  };
  const auto rewrite = [&](const std::string& path, const std::string& content) {
    std::ofstream(test.at(path), std::ios::binary | std::ios::in | std::ios::out) << content;
    test.set_old_time(path);
  };
  const std::vector<Change> changes{
      {"a", "content differs, in 1 of 3 blocks", [&] { rewrite("a", "First"); }},
      {"dir/b", "has 3 bytes, and 1", [&] { rewrite("dir/b", "bcd"); }},
      {"dir/empty", "has mode 0600", [&] { ::chmod(test.at("dir/empty").c_str(), 0600); }},
      {"dir/b", "was modified",
       [&] { fs::last_write_time(test.at("dir/b"), fs::file_time_type::clock::now()); }},
      {"dir/empty", "is missing",
       [&] {
         fs::remove(test.at("dir/empty"));
         test.set_old_time("dir");
       }},
      {"dir/extra", "is not in the snapshot",
       [&] {
         std::ofstream(test.at("dir/extra"));
         test.set_old_time("dir");
       }},
      {"link", "points to b, and to a",
       [&] {
         fs::remove(test.at("link"));
         fs::create_symlink("b", test.at("link"));
         test.set_old_time("link");
       }},
      {"fifo", "is a file, and a fifo",
       [&] {
         fs::remove(test.at("fifo"));
         std::ofstream(test.at("fifo"));
         test.set_old_time("fifo");
         ::chmod(test.at("fifo").c_str(), 0644);
       }},
      {"two", "is not a hard link to one",
       [&] {
         fs::remove(test.at("two"));
         fs::copy(test.at("one"), test.at("two"));
         test.set_old_time("two");
       }},
      {"dir", "another value of the extended attribute user.x",
       [&] { ::setxattr(test.at("dir").c_str(), "user.x", "2", 1, 0); }},
      {"dir", "lacks the extended attribute user.x",
       [&] { ::removexattr(test.at("dir").c_str(), "user.x"); }},
      {"dir", "has an extended attribute user.y",
       [&] { ::setxattr(test.at("dir").c_str(), "user.y", "2", 1, 0); }},
  };
  for (const auto& change : changes) {
    const auto before = test.compare();
    change.make();
    INFO(change.object << " " << change.message);
    const auto after = test.compare();
    CHECK(after.difference_count == 1);
    bool named = false;
    for (const auto& finding : after.differences) {
      INFO(finding.object << ": " << finding.message);
      named |= finding.object == change.object &&
               finding.message.find(change.message) != std::string::npos;
    }
    CHECK(named);
    CHECK(before.difference_count == 0);
    restore::Options options;
    options.target = test.target;
    options.overwrite = restore::Overwrite::kAlways;
    options.remove_extra = true;
    Progress progress;
    static_cast<void>(
        restore::restore_snapshot(*test.repository, test.snapshot, options, progress, {}));
  }
}
