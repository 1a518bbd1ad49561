// What the real restic backed up comes back as it was.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/process.hpp"
#include "repo/repository_fixture.hpp"
#include "restore/restore.hpp"
#include "support/errors.hpp"
#include "support/hurried_clock.hpp"
#include "support/tree_description.hpp"

using namespace pra;
namespace fs = std::filesystem;

namespace {

ProcessResult restic(const test::RepositoryFixture& fixture, std::vector<std::string> arguments) {
  ProcessRequest request;
  request.command = {"restic", "--no-cache", "--repo", fixture.path()};
  request.command.insert(request.command.end(), arguments.begin(), arguments.end());
  request.environment["RESTIC_PASSWORD_FILE"] = fixture.key_file();
  return run_process(request, {});
}

bool restic_is_installed() {
  ProcessRequest request;
  request.command = {"restic", "version"};
  try {
    return run_process(request, {}).exit_code == 0;
  } catch (const Error&) {
    return false;
  }
}

void write(const std::string& path, std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string content(size, '\0');
  for (auto& byte : content)
    byte = static_cast<char>(random() % 13 * 7);
  std::ofstream(path, std::ios::binary) << content;
}

/// Of everything that a file system on Linux can hold.
void make_source(const std::string& root) {
  const auto at = [&](const std::string& path) { return root + "/" + path; };
  fs::create_directories(at("dir/deeper/deepest"));
  fs::create_directories(at("empty"));
  fs::create_directories(at("many"));
  for (std::uint32_t i = 0; i < 300; ++i)
    write(at("many/" + std::to_string(i)), i * 31, i);
  write(at("dir/large"), 9'000'000, 1);
  write(at("dir/deeper/copy"), 9'000'000, 1);
  write(at("name with \xff and \n and \""), 10, 2);
  write(at("dir/hidden"), 10, 3);
  write(at("setuid"), 10, 4);
  fs::create_hard_link(at("dir/hidden"), at("dir/deeper/linked"));
  fs::create_hard_link(at("dir/hidden"), at("linked too"));
  fs::create_symlink("dir/large", at("link"));
  fs::create_symlink("nowhere", at("dangling"));
  const int sparse = ::open(at("sparse").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(::ftruncate(sparse, 20 << 20) == 0);
  REQUIRE(::pwrite(sparse, "data", 4, 10 << 20) == 4);
  ::close(sparse);
  REQUIRE(::mkfifo(at("fifo").c_str(), 0640) == 0);
  REQUIRE(::setxattr(at("dir/large").c_str(), "user.comment", "value\0x", 7, 0) == 0);
  REQUIRE(::setxattr(at("dir").c_str(), "user.of a directory", "", 0, 0) == 0);
  if (::geteuid() == 0) {
    REQUIRE(::mknod(at("device").c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0);
    REQUIRE(::mknod(at("block").c_str(), S_IFBLK | 0660, makedev(7, 300)) == 0);
    REQUIRE(::chown(at("setuid").c_str(), 1234, 2345) == 0);
    REQUIRE(::lchown(at("link").c_str(), 77, 78) == 0);
    REQUIRE(::chown(at("empty").c_str(), 65534, 65534) == 0);
    // An ACL: user 1234 may read.
    const unsigned char acl[] = {2,    0,    0,    0,    1,    0,    6,    0,    0xff, 0xff, 0xff,
                                 0xff, 2,    0,    4,    0,    0xd2, 4,    0,    0,    4,    0,
                                 4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,    4,    0,    0xff,
                                 0xff, 0xff, 0xff, 0x20, 0,    0,    0,    0xff, 0xff, 0xff, 0xff};
    REQUIRE(::setxattr(at("dir/hidden").c_str(), "system.posix_acl_access", acl, sizeof acl, 0) ==
            0);
  }
  REQUIRE(::chmod(at("setuid").c_str(), 06755) == 0);
  REQUIRE(::chmod(at("empty").c_str(), 01777) == 0);
  REQUIRE(::chmod(at("dir/deeper").c_str(), 02500) == 0);
  const timespec early[2] = {{-86'400, 5}, {-86'400, 999'999'999}};
  REQUIRE(::utimensat(AT_FDCWD, at("dir/deeper/deepest").c_str(), early, 0) == 0);
  REQUIRE(::utimensat(AT_FDCWD, at("link").c_str(), early, AT_SYMLINK_NOFOLLOW) == 0);
}

}  // namespace

TEST_CASE("a tree that restic backed up is restored with all its metadata") {
  if (!restic_is_installed()) {
    MESSAGE("restic is not installed");
    return;
  }
  test::RepositoryFixture fixture;
  fixture.clock = std::make_shared<test::HurriedClock>();
  static_cast<void>(fixture.create());
  const test::TemporaryDirectory directory;
  const auto source = directory / "source";
  make_source(source);
  const auto backed_up = restic(fixture, {"backup", source});
  INFO(backed_up.error_output);
  REQUIRE(backed_up.exit_code == 0);

  const auto repository = fixture.open();
  const auto snapshot = repository->find_snapshot("latest", {}, {});
  restore::Options options;
  options.target = directory / "target";
  options.subpath = source;
  options.verify = true;
  Progress progress;
  auto result = restore::restore_snapshot(*repository, snapshot, options, progress, {});
  for (const auto& problem : result.problems)
    MESSAGE(problem.item << ": " << problem.message);
  CHECK(result.problem_count == 0);
  CHECK(test::TreeDescription(options.target).difference_from(test::TreeDescription(source)) == "");
  struct stat status {};
  REQUIRE(::stat((options.target + "/sparse").c_str(), &status) == 0);
  CHECK(status.st_blocks < 100);
  result = restore::restore_snapshot(*repository, snapshot, options, progress, {});
  CHECK_FALSE(result.changed);

  SUBCASE("and again, when restic stored it anew after a prune") {
    REQUIRE(restic(fixture, {"backup", source + "/dir"}).exit_code == 0);
    REQUIRE(
        restic(fixture, {"forget", snapshot.id.hex(), "--prune", "--max-unused", "0"}).exit_code ==
        0);
    const auto pruned = fixture.open();
    options.subpath = source + "/dir";
    options.target = directory / "pruned";
    result = restore::restore_snapshot(*pruned, pruned->find_snapshot("latest", {}, {}), options,
                                       progress, {});
    CHECK(result.problem_count == 0);
    CHECK(test::TreeDescription(options.target)
              .difference_from(test::TreeDescription(source + "/dir")) == "");
  }
}
