#include "repo/secret.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

struct Place {
  test::TemporaryDirectory directory;
  std::shared_ptr<FileSystem> files = posix_file_system();

  std::string file(const std::string& content, mode_t mode = 0600) {
    const std::string path = directory / "secret";
    if (files->stat(path)) files->remove(path);
    files->write_new(path, as_bytes(content), 0600);
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string resolve(const std::string& reference) {
    return resolve_secret(reference, *files, {}).text();
  }
  std::optional<ErrorCode> code(const std::string& reference) {
    return test::code_of([&] { (void)resolve(reference); });
  }
};

}  // namespace

TEST_CASE("a key file is made once, for its owner alone, and opens cheaply") {
  Place place;
  const std::string path = place.directory / "key";
  const Secret made = create_key_file(path, *place.files);
  CHECK(made.is_generated());
  CHECK(made.text().size() >= 64);
  CHECK((place.files->stat(path)->mode & 07777) == 0600);
  const Buffer content = place.files->read(path, 1000);
  CHECK(as_text(content) == made.text() + "\n");
  const Secret read = resolve_secret("file:" + path, *place.files, {});
  CHECK(read.text() == made.text());
  CHECK(read.is_generated());
  CHECK(test::code_of([&] { (void)create_key_file(path, *place.files); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(place.resolve("file:" + path) == made.text());
  CHECK(create_key_file(place.directory / "other", *place.files).text() != made.text());
}

TEST_CASE("one newline is dropped, nothing else") {
  Place place;
  CHECK(place.resolve("file:" + place.file("  pass word \n")) == "  pass word ");
  CHECK(place.resolve("file:" + place.file("pass\r\n")) == "pass");
  CHECK(place.resolve("file:" + place.file("pass\n\n")) == "pass\n");
  CHECK_FALSE(resolve_secret("file:" + place.file("pass"), *place.files, {}).is_generated());
  CHECK(place.code("file:" + place.file("")) == ErrorCode::kInvalidArgument);
  CHECK(place.code("file:" + place.file("\n")) == ErrorCode::kInvalidArgument);
  CHECK(place.code("file:" + place.file(std::string("a\0b", 3))) == ErrorCode::kInvalidArgument);
}

TEST_CASE("a file that others can read or write is refused, with the remedy") {
  Place place;
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0644}) {
    const std::string reference = "file:" + place.file("hush", mode);
    const auto resolve = [&] { (void)place.resolve(reference); };
    CHECK(test::code_of(resolve) == ErrorCode::kPermissionDenied);
    CHECK(test::words_of(resolve).find("chmod 600") != std::string::npos);
    CHECK(test::words_of(resolve).find("hush") == std::string::npos);
  }
  CHECK(place.resolve("file:" + place.file("hush", 0400)) == "hush");
  CHECK(place.code("file:" + place.directory.path()) == ErrorCode::kInvalidArgument);
  CHECK(place.code("file:" + (place.directory / "none")) == ErrorCode::kNotFound);
}

TEST_CASE("the environment") {
  Place place;
  ::setenv("PRA_TEST_SECRET", "from the environment", 1);
  CHECK(place.resolve("env:PRA_TEST_SECRET") == "from the environment");
  ::setenv("PRA_TEST_SECRET", "", 1);
  CHECK(place.code("env:PRA_TEST_SECRET") == ErrorCode::kInvalidArgument);
  ::unsetenv("PRA_TEST_SECRET");
  CHECK(place.code("env:PRA_TEST_SECRET") == ErrorCode::kNotFound);
}

TEST_CASE("a command") {
  Place place;
  CHECK(place.resolve("command:printf '%s\\n' \"a b\"") == "a b");
  CHECK(place.resolve("command:echo $HOME") == "$HOME");  // no shell
  CHECK(place.code("command:false") == ErrorCode::kFailed);
  CHECK(place.code("command:true") == ErrorCode::kInvalidArgument);
  CHECK(place.code("command:/does/not/exist") == ErrorCode::kNotFound);
  CHECK(place.code("command:echo 'open") == ErrorCode::kInvalidArgument);
  const std::string words =
      test::words_of([&] { (void)place.resolve("command:sh -c 'echo s3cret; exit 3'"); });
  CHECK(words.find("exit code 3") != std::string::npos);
  CHECK(words.find("s3cret") == std::string::npos);
}

TEST_CASE("a credential of systemd") {
  Place place;
  (void)place.file("from systemd", 0440);
  ::setenv("CREDENTIALS_DIRECTORY", place.directory.path().c_str(), 1);
  CHECK(place.resolve("credential:secret") == "from systemd");
  CHECK(place.code("credential:none") == ErrorCode::kNotFound);
  CHECK(place.code("credential:../secret") == ErrorCode::kInvalidArgument);
  CHECK(place.code("credential:..") == ErrorCode::kInvalidArgument);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(place.code("credential:secret") == ErrorCode::kNotFound);
}

TEST_CASE("a secret in clear is refused and not echoed") {
  Place place;
  for (const char* reference :
       {"hunter2", "password:hunter2", "", "file:", "env:", ":hunter2", "FILE:hunter2"}) {
    const auto resolve = [&] { (void)place.resolve(reference); };
    CHECK(test::code_of(resolve) == ErrorCode::kInvalidArgument);
    CHECK(test::words_of(resolve).find("hunter2") == std::string::npos);
  }
}
