#include "store/local_store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store_conformance.hpp"
#include "support/crash_file_system.hpp"
#include "support/errors.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::store;
using namespace pra::test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void put(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

TEST_CASE("local store: conformance") {
  const auto directory = TemporaryDirectory::in_memory();
  int number = 0;
  StoreConformance([&] {
    return make_local_store(directory / ("deep/er/" + std::to_string(++number)),
                            posix_file_system());
  }).run();
}

TEST_CASE("local store: conformance over a file system in memory") {
  const auto files = std::make_shared<CrashFileSystem>();
  int number = 0;
  StoreConformance([&] {
    return make_local_store("/store/" + std::to_string(++number), files);
  }).run();
}

TEST_CASE("local store: modes do not depend on the umask") {
  const TemporaryDirectory directory;
  const auto before = ::umask(0);
  const auto store = make_local_store(directory / "repo", posix_file_system());
  store->initialise({});
  store->create("data/ab/x", as_bytes("x"), {});
  ::umask(before);
  CHECK(mode_of(directory / "repo") == 0700);
  CHECK(mode_of(directory / "repo/data") == 0700);
  CHECK(mode_of(directory / "repo/data/ab") == 0700);
  CHECK(mode_of(directory / "repo/data/ab/x") == 0400);
}

TEST_CASE("local store: creates nothing where there is no repository") {
  const TemporaryDirectory directory;
  const auto store = make_local_store(directory / "none", posix_file_system());
  CHECK(code_of([&] { store->create("config", as_bytes("x"), {}); }) == ErrorCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(directory / "none"));
  put(directory / "file", "x");
  const auto on_file = make_local_store(directory / "file", posix_file_system());
  CHECK_FALSE(on_file->exists({}));
  CHECK(code_of([&] { on_file->initialise({}); }).has_value());
  CHECK(code_of([&] { (void)make_local_store("", posix_file_system()); }) ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("local store: a folder that vanishes comes back") {
  const TemporaryDirectory directory;
  const auto store = make_local_store(directory.path(), posix_file_system());
  store->create("data/ab/x", as_bytes("x"), {});
  std::filesystem::remove_all(directory / "data");
  // The first call may fail, since what it relied on was taken away under it; the next must not.
  (void)code_of([&] { store->create("data/ab/y", as_bytes("y"), {}); });
  CHECK_NOTHROW(store->create("data/ab/z", as_bytes("z"), {}));
}

TEST_CASE("local store: leftovers of crashes are invisible, and go after a day") {
  const TemporaryDirectory directory;
  const auto clock = std::make_shared<ManualClock>(system_clock()->now());
  std::filesystem::create_directories(directory / "data/ab");
  const auto leftover = directory / "data/ab/.pra~4711-00112233aabbccdd";
  put(leftover, "half a pack");
  put(directory / "data/ab/not~an object", "x");
  const auto open = [&] { return make_local_store(directory.path(), posix_file_system(), clock); };
  int shown = 0;
  open()->list("", [&](const Store::Entry&) { ++shown; }, {});
  CHECK(shown == 0);

  open()->create("data/ab/x", as_bytes("x"), {});
  CHECK(std::filesystem::exists(leftover));
  clock->advance(std::chrono::hours(25));
  const auto later = open();
  CHECK(later->read("data/ab/x", {}).size() == 1);
  CHECK(std::filesystem::exists(leftover));  // Reading changes nothing.
  later->create("data/ab/y", as_bytes("y"), {});
  CHECK_FALSE(std::filesystem::exists(leftover));
  CHECK(std::filesystem::exists(directory / "data/ab/not~an object"));
}

TEST_CASE("local store: what is no regular file is no object, and nobody waits for it") {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "data");
  REQUIRE(::mkfifo((directory / "data/fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink("fifo", directory / "data/link");
  std::filesystem::create_symlink("nowhere", directory / "data/dangling");
  const auto store = make_local_store(directory.path(), posix_file_system());
  int shown = 0;
  store->list("data/", [&](const Store::Entry&) { ++shown; }, {});
  CHECK(shown == 0);
  Buffer out(1);
  for (const std::string name : {"data/fifo", "data/link", "data/dangling"}) {
    CAPTURE(name);
    CHECK(code_of([&] { (void)store->read(name, {}); }) == ErrorCode::kNotFound);
    CHECK(code_of([&] { (void)store->size(name, {}); }) == ErrorCode::kNotFound);
    CHECK(code_of([&] { store->read_range(name, 0, out, {}); }).has_value());
    CHECK(code_of([&] { store->create(name, as_bytes("x"), {}); }) == ErrorCode::kAlreadyExists);
  }
}

TEST_CASE("local store: a loop of links ends") {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "data");
  std::filesystem::create_directory_symlink(directory.path(), directory / "data/loop");
  const auto store = make_local_store(directory.path(), posix_file_system());
  CHECK(code_of([&] { store->list("data/", [](const auto&) {}, {}); }) == ErrorCode::kCorrupt);
}

TEST_CASE("local store: permission and room are told apart") {
  const TemporaryDirectory directory;
  if (::access("/dev/full", F_OK) == 0 && ::geteuid() != 0) {
    ::chmod(directory.path().c_str(), 0500);
    const auto store = make_local_store(directory.path(), posix_file_system());
    CHECK(code_of([&] { store->create("config", as_bytes("x"), {}); }) ==
          ErrorCode::kPermissionDenied);
    ::chmod(directory.path().c_str(), 0700);
  }
  const auto proc = make_local_store("/proc", posix_file_system());
  CHECK(code_of([&] { proc->create("config", as_bytes("x"), {}); }).has_value());
}
