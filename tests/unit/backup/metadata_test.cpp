// Everything that Linux keeps about files goes into a snapshot and comes back by restic's hand.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backup/backup_fixture.hpp"

using namespace pra;
using namespace pra::test;

namespace {

void set_times(const std::string& path, std::int64_t seconds, long nanoseconds) {
  const struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

}  // namespace

TEST_CASE("all metadata of all types is kept") {
  const BackupFixture f;
  write_file(f.source("plain"), "hello");
  write_file(f.source("empty"), "");
  write_file(f.source("empty directory/x"), "");
  std::filesystem::remove(f.source("empty directory/x"));
  write_file(f.source("set"), "s");
  REQUIRE(::chmod(f.source("set").c_str(), 06755) == 0);
  std::filesystem::create_directory(f.source("sticky"));
  REQUIRE(::chmod(f.source("sticky").c_str(), 01777) == 0);
  write_file(f.source("no permissions"), "p");
  REQUIRE(::chmod(f.source("no permissions").c_str(), ::geteuid() == 0 ? 0 : 0400) == 0);
  REQUIRE(::symlink("plain", f.source("link").c_str()) == 0);
  // Older versions of restic restore such a target with its bytes replaced.
  if (BackupFixture::restic_version() >= 16)
    REQUIRE(::symlink("to\xff\xfenowhere", f.source("bytes link").c_str()) == 0);
  REQUIRE(::link(f.source("plain").c_str(), f.source("twin").c_str()) == 0);
  REQUIRE(::mkfifo(f.source("fifo").c_str(), 0640) == 0);
  for (const char* name : {"\xff\xfe not utf-8", "new\nline", "quote\"back\\slash", "\u00a0nbsp",
                           "<&>", "-dash", " space ", "\x01\x7f", "\u2028", "tab\t"})
    write_file(f.source(name), name);
  const std::string value("\0binary\xff", 8);
  REQUIRE(::setxattr(f.source("plain").c_str(), "user.note", value.data(), value.size(), 0) == 0);
  REQUIRE(::setxattr(f.source("sticky").c_str(), "user.empty", "", 0, 0) == 0);
  // An access control list: owner rwx, user 1000 r--, group r-x, mask r-x, others none.
  const unsigned char acl[] = {2, 0,   0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  4,
                               0, 232, 3,   0,   0,   4,   0,  5, 0,   255, 255, 255, 255, 16, 0,
                               5, 0,   255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};
  REQUIRE(::setxattr(f.source("set").c_str(), "system.posix_acl_access", acl, sizeof acl, 0) == 0);
  if (::geteuid() == 0) {
    REQUIRE(::lchown(f.source("link").c_str(), 1234, 4321) == 0);
    REQUIRE(::chown(f.source("empty").c_str(), 65534, 65534) == 0);
    if (::mknod(f.source("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0)
      REQUIRE(::mknod(f.source("loop").c_str(), S_IFBLK | 0660, makedev(7, 200)) == 0);
  }
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  const auto socket_path = f.source("socket");
  REQUIRE(socket_path.size() < sizeof address.sun_path);
  std::copy(socket_path.begin(), socket_path.end(), address.sun_path);
  REQUIRE(::bind(socket, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  ::close(socket);
  set_times(f.source("plain"), 1'234'567'890, 987'654'321);
  set_times(f.source("empty"), -1'000, 5);
  set_times(f.source("link"), 1'000'000'000, 1);
  set_times(f.source("empty directory"), 4'102'444'800, 999'999'999);

  const auto result = f.run();
  CHECK(result.problem_count == 0);
  CHECK_FALSE(f.find(result.tree, f.source("socket")));
  const auto plain = f.find(result.tree, f.source("plain"));
  REQUIRE(plain);
  CHECK(plain->links == 2);
  CHECK(plain->device_id != 0);
  CHECK(f.content(*plain) == "hello");
  CHECK(f.find(result.tree, f.source("link"))->content.empty());
  f.judge(result);
}

TEST_CASE("a link's target is bytes") {
  const BackupFixture f;
  REQUIRE(::symlink("to\xff\xfenowhere", f.source("link").c_str()) == 0);
  CHECK(f.find(f.run().tree, f.source("link"))->link_target == "to\xff\xfenowhere");
}

TEST_CASE("with access times the time of access is kept, and reading does not change it") {
  const BackupFixture f;
  write_file(f.source("a"), "a");
  const struct timespec times[2] = {{1'500'000'000, 7}, {1'400'000'000, 8}};
  REQUIRE(::utimensat(AT_FDCWD, f.source("a").c_str(), times, 0) == 0);
  auto options = f.options();
  options.with_access_times = true;
  const auto node = f.find(f.run(options).tree, f.source("a"));
  CHECK(node->accessed == Timestamp{1'500'000'000, 7});
  options.with_access_times = false;
  CHECK(f.find(f.run(options).tree, f.source("a"))->accessed == Timestamp{1'400'000'000, 8});
}

TEST_CASE("holes and long runs of zeros are cut as restic cuts them") {
  const BackupFixture f;
  const auto sparse = f.source("sparse");
  write_file(sparse, random_text(700'000, 1));
  std::filesystem::resize_file(sparse, 40 << 20);
  {
    std::fstream out(sparse, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp((20 << 20) + 333);
    out << random_text(100'000, 2);
  }
  write_file(f.source("all hole"), "");
  std::filesystem::resize_file(f.source("all hole"), (64 << 20) + 17);
  write_file(f.source("written zeros"), std::string(20 << 20, '\0'));
  write_file(f.source("small hole"), "");
  std::filesystem::resize_file(f.source("small hole"), 1'300'000);
  for (const unsigned workers : {1u, 8u}) {
    auto options = f.options();
    options.workers = workers;
    options.force = true;
    const auto result = f.run(options);
    CHECK(result.problem_count == 0);
    CHECK(f.find(result.tree, f.source("all hole"))->content.size() == 129);
    if (workers == 1) f.judge(result);
  }
  if (!BackupFixture::has_restic()) return;
  const auto again = f.restic({"backup", "--json", "--force", f.source()});
  CHECK(again.output.find("\"data_blobs\":0") != std::string::npos);
}
