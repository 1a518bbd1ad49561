// What a restore brings back, on an empty target and over what is there already.
#include "restore/restore.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "repo/repository_fixture.hpp"
#include "support/errors.hpp"
#include "support/hurried_clock.hpp"
#include "support/snapshot_builder.hpp"
#include "support/tree_description.hpp"

using namespace pra;
namespace fs = std::filesystem;

namespace {

class Case {
 public:
  test::RepositoryFixture fixture;
  std::shared_ptr<repo::Repository> repository = create();
  test::SnapshotBuilder builder{*repository, 64 << 10};
  test::TemporaryDirectory directory;
  restore::Options options;

  std::shared_ptr<repo::Repository> create() {
    fixture.clock = std::make_shared<test::HurriedClock>();
    return fixture.create();
  }
  Case() { options.target = directory / "target"; }

  restore::Result run(const repo::Snapshot& snapshot) {
    Progress progress;
    auto result = restore::restore_snapshot(*repository, snapshot, options, progress, {});
    for (const auto& problem : result.problems)
      MESSAGE(problem.item << ": " << problem.message);
    return result;
  }
  [[nodiscard]] std::string at(const std::string& path) const {
    return options.target + "/" + path;
  }
  [[nodiscard]] test::TreeDescription description() const {
    return test::TreeDescription(options.target);
  }
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

struct stat status_of(const std::string& path) {
  struct stat out {};
  REQUIRE(::lstat(path.c_str(), &out) == 0);
  return out;
}

std::string noise(std::size_t size, std::uint32_t seed) {
  std::string out(size, '\0');
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& byte : out) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return out;
}

/// Files small and large, in several packs, with a bit of everything.
repo::Snapshot make_mixed(Case& test) {
  auto& builder = test.builder;
  builder.file("empty", "");
  builder.file("small", "some text\n").mode = 0640;
  builder.file("deep/er/and/deeper", "x");
  std::vector<std::string> blobs;
  for (std::uint32_t i = 0; i < 40; ++i)
    blobs.push_back(noise(100'000 + i, i));
  builder.file("large", blobs);
  blobs.resize(7);
  builder.file("deep/also large", blobs);
  for (std::uint32_t i = 0; i < 200; ++i)
    builder.file("many/file" + std::to_string(i), noise(i * 17, 1000 + i % 50));
  builder.symlink("link", "small");
  builder.symlink("dangling\xff", "/nowhere/\xfe");
  builder.other("fifo", repo::NodeType::kFifo).mode = 0600;
  builder.directory("closed").mode = 0500;
  builder.file("closed/inside", "y").mode = 0400;
  builder.directory("empty directory").modified = {1'600'000'000, 5};
  return builder.finish();
}

}  // namespace

TEST_CASE("everything comes back, and a second restore finds nothing to do") {
  Case test;
  const auto snapshot = make_mixed(test);
  const auto first = test.run(snapshot);
  CHECK(first.failed_files == 0);
  CHECK(first.problem_count == 0);
  CHECK(first.changed);
  CHECK(first.files_restored == 206);
  CHECK(read(test.at("small")) == "some text\n");
  CHECK((status_of(test.at("small")).st_mode & 07777) == 0640);
  CHECK(status_of(test.at("small")).st_mtim.tv_nsec == 123'456'789);
  CHECK(read(test.at("deep/er/and/deeper")) == "x");
  std::string large;
  for (std::uint32_t i = 0; i < 40; ++i)
    large += noise(100'000 + i, i);
  CHECK(read(test.at("large")) == large);
  for (std::uint32_t i = 0; i < 200; ++i)
    CHECK(read(test.at("many/file" + std::to_string(i))) == noise(i * 17, 1000 + i % 50));
  CHECK(fs::read_symlink(test.at("dangling\xff")) == "/nowhere/\xfe");
  CHECK(S_ISFIFO(status_of(test.at("fifo")).st_mode));
  CHECK((status_of(test.at("closed")).st_mode & 07777) == 0500);
  CHECK(status_of(test.at("closed")).st_mtim.tv_sec == 1'700'000'000);
  CHECK(status_of(test.at("empty directory")).st_mtim.tv_sec == 1'600'000'000);

  const auto before = test.description();
  for (const auto overwrite : {restore::Overwrite::kIfChanged, restore::Overwrite::kAlways}) {
    test.options.overwrite = overwrite;
    const auto again = test.run(snapshot);
    CHECK_FALSE(again.changed);
    CHECK(again.change_count == 0);
    CHECK(again.files_unchanged == 206);
    CHECK(again.bytes_written == 0);
    CHECK(test.description().difference_from(before) == "");
  }
}

TEST_CASE("only blocks that differ are written") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  const auto inode = status_of(test.at("large")).st_ino;
  {
    std::fstream file(test.at("large"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1'234'567);
    file << "damage";
  }
  write(test.at("many/file7"), "longer than it was, by far: " + noise(5'000, 3));
  fs::resize_file(test.at("deep/also large"), 150'000);
  fs::remove(test.at("many/file8"));
  const auto result = test.run(snapshot);
  CHECK(result.files_restored == 4);
  CHECK(result.bytes_written < 800'000);
  CHECK(status_of(test.at("large")).st_ino == inode);
  CHECK(test.description().difference_from(wanted) == "");
}

TEST_CASE("a changed file of the same size and time is found by 'always' alone") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  const auto before = status_of(test.at("small"));
  write(test.at("small"), "SOME text\n");
  const timespec times[2] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, test.at("small").c_str(), times, 0) == 0);
  CHECK_FALSE(test.run(snapshot).changed);
  test.options.overwrite = restore::Overwrite::kAlways;
  const auto result = test.run(snapshot);
  CHECK(result.files_restored == 1);
  CHECK(result.changes.size() == 1);
  CHECK(test.description().difference_from(wanted) == "");
}

TEST_CASE("'never' leaves what is there alone") {
  Case test;
  const auto snapshot = make_mixed(test);
  fs::create_directories(test.at("many"));
  write(test.at("many/file9"), "mine");
  ::chmod(test.at("many").c_str(), 0711);
  test.options.overwrite = restore::Overwrite::kNever;
  const auto result = test.run(snapshot);
  CHECK(result.failed_files == 0);
  CHECK(read(test.at("many/file9")) == "mine");
  CHECK(read(test.at("many/file10")) == noise(170, 1010));
  CHECK((status_of(test.at("many")).st_mode & 07777) == 0711);
  CHECK_FALSE(test.run(snapshot).changed);
}

TEST_CASE("metadata alone is repaired, and said") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  ::chmod(test.at("small").c_str(), 0777);
  ::chmod(test.at("many").c_str(), 0777);
  REQUIRE(::setxattr(test.at("deep").c_str(), "user.extra", "1", 1, 0) == 0);
  test.options.dry_run = true;
  CHECK(test.run(snapshot).change_count == 3);
  CHECK(test.description().difference_from(wanted) != "");
  test.options.dry_run = false;
  const auto result = test.run(snapshot);
  REQUIRE(result.changes.size() == 3);
  for (const auto& change : result.changes)
    CHECK(change.action == "metadata");
  CHECK(result.bytes_written == 0);
  CHECK(test.description().difference_from(wanted) == "");
  CHECK_FALSE(test.run(snapshot).changed);
}

TEST_CASE("entries of another type give way") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  write(test.directory / "outside", "outside");
  fs::remove(test.at("small"));
  fs::create_symlink(test.directory / "outside", test.at("small"));
  fs::remove_all(test.at("many"));
  fs::create_symlink(test.directory.path(), test.at("many"));
  fs::remove(test.at("link"));
  write(test.at("link"), "not a link");
  fs::remove(test.at("large"));
  fs::create_directory(test.at("large"));
  fs::remove(test.at("fifo"));
  fs::create_symlink("small", test.at("fifo"));
  const auto result = test.run(snapshot);
  CHECK(result.failed_files == 0);
  CHECK(test.description().difference_from(wanted) == "");
  CHECK(read(test.directory / "outside") == "outside");
  CHECK_FALSE(fs::exists(test.directory / "file1"));
}

TEST_CASE("a directory with something in it gives way to a file only when told to remove") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  fs::remove(test.at("small"));
  fs::create_directories(test.at("small/with"));
  write(test.at("small/with/content"), "precious");
  auto result = test.run(snapshot);
  CHECK(result.failed_files == 1);
  CHECK(read(test.at("small/with/content")) == "precious");
  test.options.remove_extra = true;
  result = test.run(snapshot);
  CHECK(result.failed_files == 0);
  CHECK(test.description().difference_from(wanted) == "");
  CHECK(result.entries_removed == 2);
}

TEST_CASE("hard links are restored, repaired and kept apart from others") {
  Case test;
  for (const auto* name : {"a", "b", "sub/c"}) {
    auto& node = test.builder.file(name, noise(9'000, 1));
    node.inode = 77;
    node.device_id = 5;
    node.links = 3;
  }
  auto& changed = test.builder.file("d", "other content");
  changed.inode = 77;
  changed.device_id = 5;
  changed.links = 3;
  test.builder.file("single", noise(3'000, 2));
  const auto snapshot = test.builder.finish();
  CHECK(test.run(snapshot).failed_files == 0);
  const auto wanted = test.description();
  CHECK(status_of(test.at("a")).st_nlink == 3);
  CHECK(status_of(test.at("a")).st_ino == status_of(test.at("sub/c")).st_ino);
  CHECK(status_of(test.at("d")).st_nlink == 1);
  CHECK(read(test.at("d")) == "other content");
  CHECK_FALSE(test.run(snapshot).changed);

  SUBCASE("one that came apart is linked again") {
    fs::remove(test.at("b"));
    write(test.at("b"), read(test.at("a")));
    CHECK(test.run(snapshot).changed);
    CHECK(test.description().difference_from(wanted) == "");
  }
  SUBCASE("a damaged one is repaired in place, for all its names") {
    const auto inode = status_of(test.at("a")).st_ino;
    write(test.at("sub/c"), "damage");
    CHECK(test.run(snapshot).changed);
    CHECK(status_of(test.at("a")).st_ino == inode);
    CHECK(test.description().difference_from(wanted) == "");
  }
  SUBCASE("a name outside of the target does not change") {
    fs::create_hard_link(test.at("single"), test.directory / "outside");
    write(test.directory / "outside", "mine");
    CHECK(test.run(snapshot).changed);
    CHECK(read(test.directory / "outside") == "mine");
    CHECK(test.description().difference_from(wanted) == "");
    fs::remove(test.directory / "outside");
    fs::create_hard_link(test.at("a"), test.directory / "outside");
    ::chmod((test.directory / "outside").c_str(), 0600);
    CHECK(test.run(snapshot).changed);
    CHECK((status_of(test.directory / "outside").st_mode & 07777) == 0600);
    CHECK(test.description().difference_from(wanted) == "");
  }
}

TEST_CASE("holes stay holes, and zeros over data become holes") {
  Case test;
  std::vector<std::string> blobs;
  const std::string zeros(512 << 10, '\0');
  for (int i = 0; i < 16; ++i)
    blobs.push_back(zeros);
  blobs.push_back(noise(10'000, 1));
  blobs.push_back(std::string(100'000, '\0'));
  blobs.push_back(noise(5'000, 2) + std::string(70'000, '\0'));
  test.builder.file("sparse", blobs);
  test.builder.file("all zero", zeros);
  const auto snapshot = test.builder.finish();
  CHECK(test.run(snapshot).failed_files == 0);
  std::string content;
  for (const auto& blob : blobs)
    content += blob;
  CHECK(read(test.at("sparse")) == content);
  CHECK(status_of(test.at("sparse")).st_blocks < 100);
  CHECK(status_of(test.at("all zero")).st_size == 512 << 10);
  CHECK(status_of(test.at("all zero")).st_blocks == 0);
  write(test.at("sparse"), noise(content.size(), 3));
  CHECK(test.run(snapshot).changed);
  CHECK(read(test.at("sparse")) == content);
  CHECK(status_of(test.at("sparse")).st_blocks < 100);
}

TEST_CASE("include, exclude and subpath") {
  Case test;
  const auto snapshot = make_mixed(test);
  SUBCASE("include") {
    test.options.include = {"/deep/er", "file1?"};
    CHECK(test.run(snapshot).files_restored == 11);
    CHECK(fs::exists(test.at("deep/er/and/deeper")));
    CHECK(fs::exists(test.at("many/file15")));
    CHECK_FALSE(fs::exists(test.at("small")));
    CHECK_FALSE(fs::exists(test.at("closed")));
    CHECK_FALSE(fs::exists(test.at("deep/also large")));
  }
  SUBCASE("exclude") {
    test.options.exclude = {"many", "large"};
    CHECK(test.run(snapshot).failed_files == 0);
    CHECK(fs::exists(test.at("small")));
    CHECK(fs::exists(test.at("deep/also large")));
    CHECK_FALSE(fs::exists(test.at("large")));
    CHECK_FALSE(fs::exists(test.at("many")));
  }
  SUBCASE("subpath") {
    test.options.subpath = "/closed/";
    CHECK(test.run(snapshot).files_restored == 1);
    CHECK(read(test.at("inside")) == "y");
    CHECK((status_of(test.options.target).st_mode & 07777) == 0500);
    test.options.subpath = "small";
    CHECK(test::code_of([&] { test.run(snapshot); }) == ErrorCode::kInvalidArgument);
    test.options.subpath = "deep/none";
    CHECK(test::code_of([&] { test.run(snapshot); }) == ErrorCode::kNotFound);
  }
}

TEST_CASE("what is extra is removed when told so, and only within what is included") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.run(snapshot);
  const auto wanted = test.description();
  fs::create_directories(test.directory / "outside");
  write(test.directory / "outside/file", "outside");
  fs::create_directories(test.at("many/extra/dir"));
  write(test.at("many/extra/dir/file"), "x");
  fs::create_symlink(test.directory / "outside", test.at("deep/extra link"));
  write(test.at("extra top"), "x");

  test.options.remove_extra = true;
  test.options.include = {"/deep"};
  CHECK(test.run(snapshot).entries_removed == 1);
  CHECK(fs::exists(test.at("extra top")));
  CHECK(fs::exists(test.at("many/extra/dir/file")));
  CHECK(fs::exists(test.at("small")));
  test.options.include.clear();
  test.options.dry_run = true;
  CHECK(test.run(snapshot).entries_removed == 4);
  CHECK(fs::exists(test.at("extra top")));
  test.options.dry_run = false;
  CHECK(test.run(snapshot).entries_removed == 4);
  CHECK(test.description().difference_from(wanted) == "");
  CHECK(read(test.directory / "outside/file") == "outside");
  CHECK_FALSE(test.run(snapshot).changed);
}

TEST_CASE("a dry run says the same and changes nothing") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.options.dry_run = true;
  const auto dry = test.run(snapshot);
  CHECK_FALSE(fs::exists(test.options.target));
  test.options.dry_run = false;
  const auto real = test.run(snapshot);
  CHECK(dry.change_count == real.change_count);
  CHECK(dry.files_restored == real.files_restored);
  CHECK(dry.changed);
}

TEST_CASE("read back after the restore") {
  Case test;
  const auto snapshot = make_mixed(test);
  test.options.verify = true;
  CHECK(test.run(snapshot).failed_files == 0);
}

TEST_CASE("a stop ends the restore at once and leaves no half file") {
  Case test;
  const auto snapshot = make_mixed(test);
  std::stop_source source;
  source.request_stop();
  Progress progress;
  CHECK(test::code_of([&] {
          static_cast<void>(restore::restore_snapshot(*test.repository, snapshot, test.options,
                                                      progress, source.get_token()));
        }) == ErrorCode::kCancelled);
}
