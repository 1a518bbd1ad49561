// What is read again and what is not, and that this never costs a change.
#include <sys/xattr.h>
#include <unistd.h>

#include <thread>

#include "backup/backup_fixture.hpp"
#include "backup/parent_snapshot.hpp"

using namespace pra;
using namespace pra::test;

TEST_CASE("an unchanged tree is not read again and gives the same tree") {
  const BackupFixture f;
  for (int i = 0; i < 300; ++i)
    write_file(f.source("d" + std::to_string(i % 7) + "/f" + std::to_string(i)),
               random_text(static_cast<std::size_t>(i) * 100, static_cast<std::uint64_t>(i)));
  age(f.source());
  const auto first = f.run();
  CHECK(first.summary.files_new == 300);
  CHECK(first.summary.data_blobs == 299);
  CHECK(first.summary.total_files_processed == 300);
  CHECK(first.summary.total_bytes_processed == 300 * 299 / 2 * 100);
  CHECK_FALSE(first.parent);
  const auto second = f.run();
  CHECK(second.parent == first.snapshot);
  CHECK(f.source_tree(second.tree) == f.source_tree(first.tree));
  CHECK(second.summary.files_unmodified == 300);
  CHECK(second.summary.files_new == 0);
  CHECK(second.summary.dirs_new == 0);
  CHECK(second.summary.dirs_unmodified >= 8);
  CHECK(second.summary.data_blobs == 0);
  f.judge(second);
}

TEST_CASE("each kind of change is seen") {
  const BackupFixture f;
  for (const char* name : {"content", "mode", "attribute", "gone", "same", "touched", "replaced"})
    write_file(f.source(name), std::string("before ") + name);
  age(f.source());
  const auto first = f.run();
  write_file(f.source("content"), "after! content");
  const struct timespec past[2] = {{1'700'000'000, 5}, {1'700'000'000, 123'456'789}};
  // The same size and time of modification: the time of change tells.
  REQUIRE(::utimensat(AT_FDCWD, f.source("content").c_str(), past, 0) == 0);
  REQUIRE(::chmod(f.source("mode").c_str(), 0600) == 0);
  REQUIRE(::setxattr(f.source("attribute").c_str(), "user.x", "y", 1, 0) == 0);
  std::filesystem::remove(f.source("gone"));
  write_file(f.source("new"), "new");
  std::filesystem::remove(f.source("replaced"));
  std::filesystem::create_directory(f.source("replaced"));
  const auto second = f.run();
  CHECK(second.summary.files_new == 1);
  CHECK(second.summary.files_changed == 3);
  CHECK(second.summary.files_unmodified == 2);
  CHECK(second.summary.data_blobs == 2);
  CHECK(f.content(*f.find(second.tree, f.source("content"))) == "after! content");
  CHECK_FALSE(f.find(second.tree, f.source("gone")));
  f.judge(second);
}

TEST_CASE("a file touched in the clock tick of the parent's start, or later, is not trusted") {
  const BackupFixture f;
  repo::Snapshot snapshot;
  snapshot.time = {2'000, 500'000'000};
  repo::Node node;
  node.size = 3;
  node.inode = 9;
  struct stat status {};
  status.st_mode = S_IFREG | 0644;
  status.st_size = 3;
  status.st_ino = 9;
  const auto is_unchanged = [&](Timestamp modified, Timestamp changed) {
    node.modified = modified;
    node.changed = changed;
    status.st_mtim = {modified.seconds, modified.nanoseconds};
    status.st_ctim = {changed.seconds, changed.nanoseconds};
    return backup::ParentSnapshot(*f.repository, snapshot).is_unchanged(status, node);
  };
  const Timestamp old{1'000, 1};
  CHECK(is_unchanged(old, old));
  CHECK(is_unchanged({2'000, 479'000'000}, {2'000, 479'000'000}));
  CHECK_FALSE(is_unchanged(old, {2'000, 481'000'000}));
  CHECK_FALSE(is_unchanged({2'000, 481'000'000}, old));
  CHECK_FALSE(is_unchanged(old, {3'000, 1}));
  // Whole seconds: a file system that keeps no more.
  CHECK(is_unchanged({1'998, 0}, {1'998, 0}));
  CHECK_FALSE(is_unchanged({1'999, 0}, {1'999, 0}));
  // A time given by hand does not make a file older than the start of the backup.
  snapshot.summary = repo::SnapshotSummary{};
  snapshot.summary->backup_start = {1'500, 0};
  CHECK_FALSE(is_unchanged({1'700, 1}, {1'700, 1}));
  CHECK(is_unchanged(old, old));
  SUBCASE("nor is any other difference") {
    CHECK(is_unchanged(old, old));
    SUBCASE("size") {
      status.st_size = 4;
    }
    SUBCASE("inode") {
      status.st_ino = 8;
    }
    SUBCASE("modified") {
      status.st_mtim.tv_nsec = 2;
    }
    SUBCASE("changed") {
      status.st_ctim.tv_nsec = 2;
    }
    SUBCASE("type") {
      node.type = repo::NodeType::kSymlink;
    }
    SUBCASE("content") {
      node.content.emplace_back().bytes[0] = 1;
    }
    CHECK_FALSE(backup::ParentSnapshot(*f.repository, snapshot).is_unchanged(status, node));
  }
}

TEST_CASE("a file whose blobs are not in the index is read again") {
  const BackupFixture f;
  write_file(f.source("a"), random_text(3'000'000, 5));
  age(f.source());
  const auto first = f.run();
  // All of the repository's data is lost, and the index with it.
  for (const auto& index : f.repository->list_files(repo::FileKind::kIndex, {}))
    f.repository->remove_file(repo::FileKind::kIndex, index.hex, {});
  const auto reopened = f.fixture.open();
  Progress progress;
  const auto second = backup::backup_files(*reopened, f.options(), progress, {});
  CHECK(second.parent == first.snapshot);
  CHECK(second.summary.data_blobs == first.summary.data_blobs);
  CHECK(second.summary.tree_blobs != 0);
  CHECK(second.summary.files_new == 1);
  f.judge_restored(second);
}

TEST_CASE("the parent is the newest of the same host, paths and source; force has none") {
  const BackupFixture f;
  write_file(f.source("a/x"), "x");
  write_file(f.source("b/x"), "x");
  auto options = f.options();
  options.paths = {f.source("a")};
  const auto a = f.run(options);
  options.paths = {f.source("b")};
  CHECK_FALSE(f.run(options).parent);
  options.paths = {f.source("a")};
  CHECK(f.run(options).parent == a.snapshot);
  options.hostname = "elsewhere";
  CHECK_FALSE(f.run(options).parent);
  options.hostname.clear();
  options.source_name = "named";
  CHECK_FALSE(f.run(options).parent);
  options.parent = a.snapshot->hex().substr(0, 10);
  CHECK(f.run(options).parent == a.snapshot);
  options.parent.clear();
  options.force = true;
  CHECK_FALSE(f.run(options).parent);
}

TEST_CASE("restic goes on from our snapshot and we from restic's") {
  if (!BackupFixture::has_restic()) return;
  const BackupFixture f;
  for (int i = 0; i < 40; ++i)
    write_file(f.source("d/f" + std::to_string(i)),
               random_text(static_cast<std::size_t>(i * i) * 4'000, static_cast<std::uint64_t>(i)));
  write_file(f.source("\xff name"), "x");
  age(f.source());
  auto options = f.options();
  options.hostname = "shop";
  SUBCASE("ours first") {
    const auto ours = f.run(options);
    const auto theirs = f.back_up_by_restic();
    CHECK(theirs.parent == ours.snapshot);
    CHECK(f.fixture.count("snapshots") == 2);
    CHECK(f.source_tree(theirs.tree) == f.source_tree(ours.tree));
  }
  SUBCASE("theirs first") {
    const auto theirs = f.back_up_by_restic();
    const auto reopened = f.fixture.open();
    Progress progress;
    const auto ours = backup::backup_files(*reopened, options, progress, {});
    CHECK(ours.parent == theirs.id);
    CHECK(ours.summary.files_unmodified == 41);
    CHECK(ours.summary.data_blobs == 0);
    CHECK(f.source_tree(ours.tree) == f.source_tree(theirs.tree));
  }
}
