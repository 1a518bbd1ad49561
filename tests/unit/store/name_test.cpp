#include <doctest/doctest.h>

#include <string>

#include "store/store.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::store;
using pra::test::code_of;

TEST_CASE("names of objects") {
  for (const std::string name : {"config", "keys/0123", "data/ab/abcd", "wal/7.1/0000000A",
                                 "a_b-c.d", "...", ".hidden", "a/..b/c.."}) {
    CAPTURE(name);
    CHECK(is_object_name(name));
    CHECK_NOTHROW(check_object_name(name));
  }
  for (const std::string name : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b",
                                 "a/./b", "a b", "a\tb", "é", "a:b", "a\\b", "a*", "a~"}) {
    CAPTURE(name);
    CHECK_FALSE(is_object_name(name));
    CHECK(code_of([&] { check_object_name(name); }) == ErrorCode::kInvalidArgument);
  }
  CHECK_FALSE(is_object_name(std::string_view("a\0b", 3)));
  CHECK(is_object_name(std::string(200, 'x')));
  CHECK_FALSE(is_object_name(std::string(201, 'x')));
  std::string deep = "x";
  while (deep.size() <= 900)
    deep += "/x";
  CHECK_FALSE(is_object_name(deep));
}

TEST_CASE("prefixes of listings") {
  CHECK_NOTHROW(check_prefix(""));
  CHECK_NOTHROW(check_prefix("data/"));
  CHECK_NOTHROW(check_prefix("data/ab/"));
  for (const std::string prefix : {"data", "/", "../", "data//", "./"}) {
    CAPTURE(prefix);
    CHECK(code_of([&] { check_prefix(prefix); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("a refused name is shown harmlessly") {
  const auto words = pra::test::words_of([] { check_object_name("a\x1b[2Jb"); });
  CHECK(words.find('\x1b') == std::string::npos);
  CHECK(words.find("\\x1b") != std::string::npos);
}
