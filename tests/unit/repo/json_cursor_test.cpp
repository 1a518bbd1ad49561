#include "repo/json_cursor.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

std::string decoded(std::string_view json) {
  JsonCursor cursor(json, "test");
  std::string out(cursor.string());
  cursor.end();
  return out;
}

bool skips(std::string_view json) {
  return !test::code_of([&] {
    JsonCursor cursor(json, "test");
    cursor.skip();
    cursor.end();
  });
}

}  // namespace

TEST_CASE("strings are decoded") {
  CHECK(decoded(R"("plain")") == "plain");
  CHECK(decoded(R"(  "a\"\\\/\b\f\n\r\tz"  )") == "a\"\\/\b\f\n\r\tz");
  CHECK(decoded(R"("\u0041\u00e9\u20ac\ud83d\ude00")") == "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(decoded(R"("\ud800x\udc00\ud800\u0041")") ==
        "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
        "A");
}

TEST_CASE("malformed strings are refused") {
  for (const std::string_view bad : {"\"", "\"abc", "\"\\", "\"\\\"", "\"\\q\"", "\"\\u12\"",
                                     "\"\\u12g4\"", "\"\n\"", "\"\xff\"", "abc", "1", ""})
    CHECK_MESSAGE(test::code_of([&] { (void)decoded(bad); }) == ErrorCode::kCorrupt, bad);
}

TEST_CASE("numbers must be whole, canonical and fit") {
  const auto number = [](std::string_view text) {
    return JsonCursor(text, "t").unsigned_integer();
  };
  CHECK(number("0") == 0);
  CHECK(number("18446744073709551615") == 18446744073709551615u);
  for (const std::string_view bad : {"18446744073709551616", "-1", "1.5", "1e3", "01", "", "\"1\""})
    CHECK_MESSAGE(test::code_of([&] { (void)number(bad); }) == ErrorCode::kCorrupt, bad);
  CHECK(JsonCursor("4294967295", "t").unsigned_32() == 4294967295u);
  CHECK(test::code_of([] { (void)JsonCursor("4294967296", "t").unsigned_32(); }) ==
        ErrorCode::kCorrupt);
}

TEST_CASE("any value can be skipped, to a bounded depth") {
  CHECK(skips(R"({"a":[1,-2.5e+7,true,false,null,"x",{}],"b":{"c":[]}})"));
  for (const std::string_view bad : {"{", "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "[1],",
                                     "tru", "nul", "[,]", "{,}", "[1,]", "}"})
    CHECK_FALSE_MESSAGE(skips(bad), bad);
  CHECK(skips(std::string(32, '[') + std::string(32, ']')));
  CHECK_FALSE(skips(std::string(33, '[') + std::string(33, ']')));
  CHECK_FALSE(skips(std::string(1'000'000, '[')));
}

TEST_CASE("an error names what is read and where") {
  CHECK(test::words_of([] { JsonCursor("[1 2]", "index").array([] {}); }).find("index: ") == 0);
  CHECK(test::words_of([] { JsonCursor("  x", "index").skip(); }).find("byte") !=
        std::string::npos);
}
