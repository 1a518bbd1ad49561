#include "store/open_store.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/crash_file_system.hpp"
#include "support/errors.hpp"
#include "support/manual_clock.hpp"

using namespace pra;
using namespace pra::store;
using namespace pra::test;

namespace {

StorePointer open(const std::string& url) {
  return open_store(url, std::make_shared<CrashFileSystem>(), std::make_shared<ManualClock>(),
                    std::make_shared<Logger>());
}

}  // namespace

TEST_CASE("paths and local: are local stores") {
  CHECK(open("/srv/backup")->location() == "/srv/backup");
  CHECK(open("/srv/backup//")->location() == "/srv/backup");
  CHECK(open("local:/srv/backup")->location() == "/srv/backup");
  CHECK(open("local:rel")->location() == "rel");
  CHECK(open("./backup")->location() == "./backup");
  CHECK(open("backup")->location() == "backup");
  CHECK(open("/")->location() == "/");
  CHECK(open("/srv/a:b@c")->location() == "/srv/a:b@c");
  CHECK(open("./s3:x")->location() == "./s3:x");
  CHECK(open("a b:c")->location() == "a b:c");
}

TEST_CASE("a store that was opened works") {
  const auto store = open("/srv/backup");
  CHECK_FALSE(store->exists({}));
  store->initialise({});
  store->create("config", as_bytes("x"), {});
  CHECK(as_text(store->read("config", {})) == "x");
}

TEST_CASE("other kinds are refused with what there is") {
  for (const std::string url : {"s3:https://host/bucket", "sftp://user@host/path", "ftp://h/p",
                                "rest:https://host/", "b2:bucket", "S3:x", "rclone:remote"}) {
    CAPTURE(url);
    CHECK(code_of([&] { open(url); }) == ErrorCode::kUnsupported);
    const auto words = words_of([&] { open(url); });
    CHECK(words.find("local:") != std::string::npos);
  }
}

TEST_CASE("a password in a URL is refused and never shown") {
  for (const std::string url :
       {"rest:https://user:hunter2@host/", "sftp://user:hunter2@host/p", "ftp://u:hunter2/x@h/p",
        "s3:https://key:hunter2@host/bucket", "rest:https://:hunter2@host"}) {
    CAPTURE(url);
    CHECK(code_of([&] { open(url); }) == ErrorCode::kInvalidArgument);
    CHECK(words_of([&] { open(url); }).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("nothing is no place") {
  CHECK(code_of([] { open(""); }) == ErrorCode::kInvalidArgument);
  CHECK(code_of([] { open("local:"); }) == ErrorCode::kInvalidArgument);
  CHECK(code_of([] { open(std::string("/a\0b", 4)); }) == ErrorCode::kInvalidArgument);
}
