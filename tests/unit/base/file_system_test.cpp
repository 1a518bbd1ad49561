#include "base/file_system.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/crash_file_system.hpp"
#include "support/errors.hpp"
#include "support/fault_file_system.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;

namespace {

std::set<std::string> names_in(FileSystem& files, const std::string& path) {
  std::set<std::string> out;
  files.list(path, [&](std::string_view name, bool is_directory) {
    out.insert(std::string(name) + (is_directory ? "/" : ""));
  });
  return out;
}

std::string content_of(FileSystem& files, const std::string& path) {
  return std::string(as_text(files.read(path, 1 << 20)));
}

/// What both file systems promise.
void check_contract(FileSystem& files, const std::string& root) {
  files.create_directories(root + "/a/b", 0700);
  CHECK_NOTHROW(files.create_directories(root + "/a/b", 0700));
  files.write_new(root + "/a/f", as_bytes("0123456789"), 0600);
  CHECK(code_of([&] { files.write_new(root + "/a/f", as_bytes("x"), 0600); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(code_of([&] { files.write_new(root + "/none/f", as_bytes("x"), 0600); }) ==
        ErrorCode::kNotFound);
  CHECK(code_of([&] { files.create_directories(root + "/a/f/x", 0700); }).has_value());
  CHECK(code_of([&] { files.create_directories(root + "/a/f", 0700); }).has_value());

  CHECK(content_of(files, root + "/a/f") == "0123456789");
  CHECK_NOTHROW((void)files.read(root + "/a/f", 10));
  CHECK(code_of([&] { (void)files.read(root + "/a/f", 9); }) == ErrorCode::kFailed);
  CHECK(code_of([&] { (void)files.read(root + "/a/none", 9); }) == ErrorCode::kNotFound);
  Buffer part(3);
  files.read_range(root + "/a/f", 7, part);
  CHECK(as_text(part) == "789");
  CHECK(code_of([&] { files.read_range(root + "/a/f", 8, part); }) == ErrorCode::kCorrupt);
  CHECK(code_of([&] { files.read_range(root + "/a/f", 100, part); }) == ErrorCode::kCorrupt);
  CHECK(code_of([&] { files.read_range(root + "/none", 0, part); }) == ErrorCode::kNotFound);

  const auto info = files.stat(root + "/a/f");
  REQUIRE(info);
  CHECK(info->size == 10);
  CHECK((info->mode & 07777) == 0600);
  CHECK(S_ISREG(info->mode));
  CHECK_FALSE(info->is_directory);
  CHECK(files.stat(root + "/a")->is_directory);
  CHECK_FALSE(files.stat(root + "/none"));
  CHECK_FALSE(files.stat(root + "/none/x"));

  files.write_new(root + "/a/g", as_bytes("g"), 0400);
  CHECK(names_in(files, root + "/a") == std::set<std::string>{"b/", "f", "g"});
  CHECK(code_of([&] { files.rename_new(root + "/a/g", root + "/a/f"); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(content_of(files, root + "/a/f") == "0123456789");
  CHECK(content_of(files, root + "/a/g") == "g");
  files.rename_new(root + "/a/g", root + "/a/b/h");
  CHECK(content_of(files, root + "/a/b/h") == "g");
  files.rename(root + "/a/b/h", root + "/a/f");
  CHECK(content_of(files, root + "/a/f") == "g");
  CHECK(names_in(files, root + "/a/b").empty());
  CHECK(code_of([&] { files.rename(root + "/none", root + "/x"); }) == ErrorCode::kNotFound);
  CHECK(code_of([&] { files.rename_new(root + "/none", root + "/x"); }) == ErrorCode::kNotFound);

  files.remove(root + "/a/f");
  CHECK(code_of([&] { files.remove(root + "/a/f"); }) == ErrorCode::kNotFound);
  CHECK_NOTHROW(files.sync_directory(root + "/a"));
  CHECK(code_of([&] { files.sync_directory(root + "/none"); }) == ErrorCode::kNotFound);
  CHECK(code_of([&] { names_in(files, root + "/none"); }) == ErrorCode::kNotFound);

  create_durably(files, root + "/key", as_bytes("one"), 0400);
  CHECK(code_of([&] { create_durably(files, root + "/key", as_bytes("two"), 0400); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(content_of(files, root + "/key") == "one");
  replace_durably(files, root + "/key", as_bytes("three"), 0640);
  CHECK(content_of(files, root + "/key") == "three");
  CHECK((files.stat(root + "/key")->mode & 07777) == 0640);
  CHECK(names_in(files, root) == std::set<std::string>{"a/", "key"});
}

}  // namespace

TEST_CASE("the system's file system keeps the contract") {
  const TemporaryDirectory directory;
  check_contract(*posix_file_system(), directory.path());
}

TEST_CASE("the double keeps the same contract") {
  const auto files = std::make_shared<CrashFileSystem>();
  files->create_directories("/t", 0700);
  check_contract(*files, "/t");
}

TEST_CASE("what is written has the mode asked for, whatever the umask") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  const auto before = ::umask(077);
  files->write_new(directory / "a", as_bytes("x"), 0644);
  ::umask(0);
  files->write_new(directory / "b", as_bytes("x"), 0400);
  ::umask(before);
  CHECK((files->stat(directory / "a")->mode & 07777) == 0644);
  CHECK((files->stat(directory / "b")->mode & 07777) == 0400);
}

TEST_CASE("relative paths work") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  create_durably(*files, "name", as_bytes("x"), 0600);
  files->create_directories("p/q/r", 0700);
  replace_durably(*files, "p/q/r/name", as_bytes("y"), 0600);
  std::filesystem::current_path(before);
  CHECK(content_of(*files, directory / "name") == "x");
  CHECK(content_of(*files, directory / "p/q/r/name") == "y");
}

TEST_CASE("files without a size of their own are read to their end") {
  const auto files = posix_file_system();
  CHECK(files->read("/proc/self/status", 1 << 20).size() > 100);
  CHECK(code_of([&] { (void)files->read("/dev/zero", 100'000); }) == ErrorCode::kFailed);
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(directory / "fifo") << std::string(100'000, 'x'); });
  CHECK(files->read(directory / "fifo", 1 << 20).size() == 100'000);
  writer.join();
  CHECK(code_of([&] { (void)files->read(directory.path(), 100); }).has_value());
}

TEST_CASE("messages name the path") {
  const auto files = posix_file_system();
  const auto words = words_of([&] { (void)files->read("/nowhere/a\nb", 1); });
  CHECK(words == "open /nowhere/a\\x0ab: No such file or directory");
}

TEST_CASE("large content arrives whole") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  Buffer bytes(20 << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  create_durably(*files, directory / "large", bytes, 0400);
  CHECK(files->read(directory / "large", bytes.size()) == bytes);
}

TEST_CASE("names on their way are told from names of objects") {
  CHECK(is_temporary_name(".pra~1-00"));
  CHECK_FALSE(is_temporary_name("pra~1"));
  CHECK_FALSE(is_temporary_name(".pra"));
  CHECK_FALSE(is_temporary_name(""));
}

TEST_CASE("a failure leaves neither a temporary file nor half of the content") {
  for (const bool replace : {false, true}) {
    for (std::uint64_t number = 1; number <= 3; ++number) {
      const auto memory = std::make_shared<CrashFileSystem>();
      memory->write_new("/there", as_bytes("old"), 0600);
      FaultFileSystem files(memory);
      files.fail(number, false, ErrorCode::kNoSpace);
      const std::string path = replace ? "/there" : "/fresh";
      CHECK(code_of([&] {
              (replace ? replace_durably : create_durably)(files, path, as_bytes("new"), 0600);
            }) == ErrorCode::kNoSpace);
      CHECK(files.fired());
      for (const auto& left : memory->all_files())
        CHECK(left.find('~') == std::string::npos);
      CHECK(content_of(*memory, "/there") == (replace && number == 3 ? "new" : "old"));
    }
  }
}

TEST_CASE("replacing keeps the old or the new at a crash after any step") {
  int crashes = 0;
  for (const auto survives : CrashFileSystem::kAllSurvivals) {
    for (std::uint64_t step = 1;; ++step) {
      CrashFileSystem files;
      create_durably(files, "/journal", as_bytes("the old content"), 0600);
      files.crash_after(step);
      const bool done =
          !code_of([&] { replace_durably(files, "/journal", as_bytes("the new content"), 0600); });
      const bool crashed = files.crashed();
      files.restart(survives);
      const auto content = content_of(files, "/journal");
      if (done) CHECK(content == "the new content");
      CHECK((content == "the old content" || content == "the new content"));
      if (!crashed) break;
      ++crashes;
    }
  }
  CHECK(crashes == 4 * 6);
}

TEST_CASE("one of many that create the same wins") {
  const TemporaryDirectory directory;
  const auto files = posix_file_system();
  for (int round = 0; round < 20; ++round) {
    const auto path = directory / std::to_string(round);
    std::atomic<int> winners = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        if (!code_of([&] { create_durably(*files, path, as_bytes(std::to_string(t)), 0600); }))
          ++winners;
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(winners == 1);
  }
}
