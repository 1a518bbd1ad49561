#include "base/directory.hpp"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;

namespace {

void put(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string get(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string content_of(const File& file) {
  Buffer out(1 << 16);
  out.resize(file.read_at(0, out));
  return std::string(as_text(out));
}

}  // namespace

TEST_CASE("names that are no single component are refused everywhere") {
  const TemporaryDirectory place;
  put(place / "x", "x");
  const auto directory = Directory::open(place.path());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/etc"),
        std::string("x/"), std::string("a\0b", 3)}) {
    CAPTURE(bad);
    const auto refused = [&](const auto& action) { CHECK(code_of(action) == ErrorCode::kCorrupt); };
    refused([&] { (void)directory.status(bad); });
    refused([&] { (void)directory.open_directory(bad); });
    refused([&] { (void)directory.open_file(bad); });
    refused([&] { (void)directory.open_for_writing(bad); });
    refused([&] { (void)directory.create_file(bad, 0600); });
    refused([&] { directory.create_directory(bad, 0700); });
    refused([&] { directory.create_symlink(bad, "t"); });
    refused([&] { directory.create_node(bad, S_IFIFO | 0600, 0); });
    refused([&] { directory.create_link(bad, directory, "x"); });
    refused([&] { directory.create_link("y", directory, bad); });
    refused([&] { directory.rename(bad, "y"); });
    refused([&] { directory.rename("x", bad); });
    refused([&] { (void)directory.read_link(bad); });
    refused([&] { directory.remove(bad, false); });
    refused([&] { directory.remove(bad, true); });
    refused([&] { (void)directory.extended_attributes(bad); });
    refused([&] { directory.set_extended_attributes(bad, {}); });
    refused([&] { directory.set_owner(bad, 0, 0); });
    refused([&] { directory.set_mode(bad, 0600); });
    refused([&] { directory.set_times(bad, {}, {}); });
  }
  CHECK(get(place / "x") == "x");
}

TEST_CASE("symbolic links in a name are never followed") {
  const TemporaryDirectory place;
  const TemporaryDirectory outside;
  put(outside / "secret", "secret");
  const auto directory = Directory::open(place.path());
  directory.create_symlink("file", outside / "secret");
  directory.create_symlink("folder", outside.path());
  directory.create_symlink("nowhere", outside / "new");
  CHECK(directory.read_link("file") == outside / "secret");
  CHECK(code_of([&] { (void)directory.open_file("file"); }).has_value());
  CHECK(code_of([&] { (void)directory.open_for_writing("file"); }).has_value());
  CHECK(code_of([&] { (void)directory.open_for_writing("nowhere"); }).has_value());
  CHECK(code_of([&] { (void)directory.open_directory("folder"); }).has_value());
  CHECK(code_of([&] { (void)directory.create_file("nowhere", 0600); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(words_of([&] { (void)directory.open_file("file"); }).find("symbolic link") !=
        std::string::npos);
  CHECK(S_ISLNK(directory.status("file")->st_mode));
  directory.set_times("file", {1000, 1}, {2000, 2});
  CHECK(directory.status("file")->st_mtim.tv_sec == 2000);
  struct stat target {};
  REQUIRE(::stat((outside / "secret").c_str(), &target) == 0);
  CHECK(target.st_mtim.tv_sec != 2000);
  const auto mode_before = target.st_mode;
  (void)code_of([&] { directory.set_mode("file", 0777); });
  REQUIRE(::stat((outside / "secret").c_str(), &target) == 0);
  CHECK(target.st_mode == mode_before);
  CHECK(get(outside / "secret") == "secret");
  CHECK_FALSE(std::filesystem::exists(outside / "new"));
}

TEST_CASE("a directory that is replaced under us leads nowhere else") {
  const TemporaryDirectory place;
  const TemporaryDirectory outside;
  const auto root = Directory::open(place.path());
  root.create_directory("sub", 0700);
  const auto sub = root.open_directory("sub");
  std::filesystem::rename(place / "sub", place / "moved");
  std::filesystem::create_directory_symlink(outside.path(), place / "sub");
  (void)sub.create_file("file", 0600);
  CHECK(std::filesystem::exists(place / "moved/file"));
  CHECK(std::filesystem::is_empty(outside.path()));
}

TEST_CASE("every kind of entry is made, listed and removed") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  (void)directory.create_file("file", 0640);
  directory.create_directory("dir", 0750);
  directory.create_symlink("link", "a target that need not exist");
  directory.create_node("fifo", S_IFIFO | 0600, 0);
  directory.create_link("hard", directory, "file");
  const std::string odd = "new\nline \xff\xfe";
  (void)directory.create_file(odd, 0600);

  auto entries = directory.entries();
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  REQUIRE(entries.size() == 6);
  CHECK(entries[0].name == "dir");
  CHECK(entries[0].type == DT_DIR);
  CHECK(entries[1].type == DT_FIFO);
  CHECK(entries[2].type == DT_REG);
  CHECK(entries[3].name == "hard");
  CHECK(entries[3].inode == entries[2].inode);
  CHECK(entries[4].type == DT_LNK);
  CHECK(entries[5].name == odd);
  CHECK(directory.entries().size() == 6);  // Again from the start.

  CHECK(directory.status("file")->st_nlink == 2);
  CHECK((directory.status("dir")->st_mode & 07777) == 0750);
  CHECK_FALSE(directory.status("none"));
  CHECK(code_of([&] { directory.create_directory("dir", 0700); }) == ErrorCode::kAlreadyExists);
  CHECK(code_of([&] { directory.create_symlink("file", "x"); }) == ErrorCode::kAlreadyExists);
  CHECK(code_of([&] { directory.create_link("dir", directory, "file"); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(code_of([&] { (void)directory.read_link("file"); }).has_value());
  CHECK(code_of([&] { directory.create_symlink("zero", std::string("a\0b", 3)); }) ==
        ErrorCode::kCorrupt);

  directory.rename("hard", "renamed");
  CHECK_FALSE(directory.status("hard"));
  directory.remove("renamed", false);
  directory.remove("dir", true);
  CHECK(code_of([&] { directory.remove("dir", true); }) == ErrorCode::kNotFound);
  CHECK(code_of([&] { directory.remove("file", true); }).has_value());
  CHECK(directory.entries().size() == 4);
  CHECK_NOTHROW(directory.sync());
  CHECK_NOTHROW(directory.sync_file_system());
}

TEST_CASE("a listing of thousands is whole") {
  const auto place = TemporaryDirectory::in_memory();
  const auto directory = Directory::open(place.path());
  std::set<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    const auto name = std::string(static_cast<std::size_t>(i % 100), 'n') + std::to_string(i);
    (void)directory.create_file(name, 0600);
    expected.insert(name);
  }
  std::set<std::string> seen;
  for (const auto& entry : directory.entries())
    CHECK(seen.insert(entry.name).second);
  CHECK(seen == expected);
}

TEST_CASE("long targets of links come back whole") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  for (const std::size_t length : {1, 255, 256, 257, 1024, 4000}) {
    const std::string target(length, 't');
    const auto name = "link" + std::to_string(length);
    directory.create_symlink(name, target);
    CHECK(directory.read_link(name) == target);
  }
}

TEST_CASE("a fifo or a device in a file's place neither hangs nor is written to") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  directory.create_node("fifo", S_IFIFO | 0600, 0);
  const auto opened = directory.open_file("fifo");
  CHECK(S_ISFIFO(opened.status().st_mode));
  CHECK(code_of([&] { (void)directory.open_for_writing("fifo"); }) == ErrorCode::kFailed);
  directory.create_directory("dir", 0700);
  CHECK(code_of([&] { (void)directory.open_for_writing("dir"); }).has_value());
  if (::geteuid() == 0) {
    directory.create_node("null", S_IFCHR | 0600, ::makedev(1, 3));
    CHECK(code_of([&] { (void)directory.open_for_writing("null"); }) == ErrorCode::kFailed);
  }
}

TEST_CASE("metadata by name") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  (void)directory.create_file("file", 0600);
  directory.set_mode("file", S_IFREG | 04751);
  CHECK((directory.status("file")->st_mode & 07777) == 04751);
  directory.set_times("file", {-5, 7}, {4'000'000'000, 999'999'999});
  const auto status = *directory.status("file");
  CHECK(to_timestamp(status.st_atim) == Timestamp{-5, 7});
  CHECK(to_timestamp(status.st_mtim) == Timestamp{4'000'000'000, 999'999'999});
  for (const std::int32_t bad : {-1, 1'000'000'000, (1 << 30) - 1, (1 << 30) - 2})
    CHECK(code_of([&] { directory.set_times("file", {0, bad}, {0, 0}); }) == ErrorCode::kCorrupt);
  directory.set_owner("file", ::geteuid(), ::getegid());
  if (::geteuid() == 0) {
    directory.set_owner("file", 12345, 23456);
    CHECK(directory.status("file")->st_uid == 12345);
    CHECK(directory.status("file")->st_gid == 23456);
  }
  CHECK(code_of([&] { directory.set_mode("none", 0600); }) == ErrorCode::kNotFound);
  CHECK(code_of([&] { directory.set_owner("none", 0, 0); }) == ErrorCode::kNotFound);
  CHECK(code_of([&] { directory.set_times("none", {}, {}); }) == ErrorCode::kNotFound);
}

TEST_CASE("reading leaves the access time") {
  const TemporaryDirectory place;
  put(place / "file", "content");
  const auto directory = Directory::open(place.path());
  directory.set_times("file", {1000, 0}, {2000, 0});
  CHECK(content_of(directory.open_file("file")) == "content");
  CHECK(directory.status("file")->st_atim.tv_sec == 1000);
}

TEST_CASE("opening by path follows links; messages name the path") {
  const TemporaryDirectory place;
  std::filesystem::create_directory(place / "real");
  std::filesystem::create_directory_symlink("real", place / "link");
  const auto directory = Directory::open(place / "link");
  CHECK(directory.path_of("x") == place / "link/x");
  CHECK(Directory::open("/").path_of("x") == "/x");
  CHECK(code_of([&] { (void)Directory::open(place / "none"); }) == ErrorCode::kNotFound);
  put(place / "file", "");
  CHECK(code_of([&] { (void)Directory::open(place / "file"); }).has_value());
  CHECK(words_of([&] { (void)directory.open_file("gone"); }) ==
        "open " + (place / "link/gone") + ": No such file or directory");
}

TEST_CASE("a descriptor is closed once, by its owner") {
  const TemporaryDirectory place;
  int number = -1;
  {
    auto first = FileDescriptor(::open(place.path().c_str(), O_RDONLY | O_CLOEXEC));
    number = first.get();
    FileDescriptor second(std::move(first));
    CHECK(second.get() == number);
    FileDescriptor third;
    third = std::move(second);
    CHECK(third.is_open());
    CHECK(::fcntl(number, F_GETFD) >= 0);
  }
  CHECK(::fcntl(number, F_GETFD) == -1);
}
