#include "source/postgres/connection.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "source/postgres/server_error.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::source::postgres;
using pra::test::code_of;
using pra::test::words_of;

TEST_CASE("a connection string with a password is refused and never echoed") {
  for (const char* dsn : {"host=db password=hunter2", "postgresql://backup:hunter2@db/x",
                          "postgresql://backup@db/x?password=hunter2",
                          "host=db sslpassword=hunter2", "host=db hunter2 password"}) {
    CAPTURE(dsn);
    CHECK(code_of([&] { check_dsn(dsn); }) == ErrorCode::kInvalidArgument);
    CHECK(words_of([&] { check_dsn(dsn); }).find("hunter2") == std::string::npos);
  }
  for (const char* dsn : {"", "service=shop", "host=/run/postgresql user=backup",
                          "host=db password=", "postgresql://backup@db.example.org/"})
    CHECK(code_of([&] { check_dsn(dsn); }) == std::nullopt);
}

TEST_CASE("a server that is not there is an error that names the place") {
  const test::TemporaryDirectory directory;
  const std::string words = words_of([&] {
    Connection connection("host=" + directory.path() + " port=5433", std::chrono::seconds(5), {});
  });
  CHECK(words.find("connecting to PostgreSQL") != std::string::npos);
  CHECK(words.find(directory.path()) != std::string::npos);
}

TEST_CASE("errors of the server get the code of their SQLSTATE, and a hint") {
  const auto code = [](const char* sqlstate) {
    return make_server_error("x", {sqlstate, "text", "", ""}).code();
  };
  CHECK(code("XX001") == ErrorCode::kCorrupt);
  CHECK(code("28P01") == ErrorCode::kPermissionDenied);
  CHECK(code("42501") == ErrorCode::kPermissionDenied);
  CHECK(code("53300") == ErrorCode::kTransient);
  CHECK(code("57P03") == ErrorCode::kTransient);
  CHECK(code("55000") == ErrorCode::kFailed);
  const Error error = make_server_error("base backup", {"XX001", "bad\nblock", "in a file", ""});
  CHECK(std::string(error.what()) == "base backup: bad\\x0ablock (in a file)");
  CHECK_FALSE(error.hint().empty());
  CHECK(make_server_error("x", {"55000", "y", "", "the server's own"}).hint() ==
        "the server's own");
}
