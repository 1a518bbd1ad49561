#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/errors.hpp"

using namespace pra;
using pra::test::code_of;
using pra::test::words_of;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  JsonText(out).string(text);
  return out;
}

}  // namespace

TEST_CASE("strings are escaped as Go's encoding/json does") {
  // What json.Marshal of Go 1.22 and later writes; before, \b and \f had no short forms.
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain") == R"("plain")");
  CHECK(quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(quoted("\n\r\t\b\f") == R"("\n\r\t\b\f")");
  CHECK(quoted(std::string_view("\x00\x01\x1f", 3)) == R"("\u0000\u0001\u001f")");
  CHECK(quoted("\x7f") == "\"\x7f\"");
  CHECK(quoted("<a href=\"x\">&amp;</a>") ==
        R"("\u003ca href=\"x\"\u003e\u0026amp;\u003c/a\u003e")");
  CHECK(quoted("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
  CHECK(quoted("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa") == "\"\\u2028\\u2029\xe2\x80\xaa\"");
  CHECK(quoted("\xff") == R"("\ufffd")");
  CHECK(quoted("a\xc3") == R"("a\ufffd")");
  CHECK(quoted("\xc0\x80") == R"("\ufffd\ufffd")");            // Overlong.
  CHECK(quoted("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");  // A surrogate.
  CHECK(quoted("\xf4\x90\x80\x80x") == R"("\ufffd\ufffd\ufffd\ufffdx")");
  CHECK(quoted("\xe2\x82x") == R"("\ufffd\ufffdx")");
}

TEST_CASE("canonical text in the order of the calls") {
  std::string out;
  JsonText text(out);
  text.raw("{").string("a").raw(":").number(std::uint64_t{18446744073709551615u});
  text.raw(",").string("b").raw(":").number(std::int64_t{-9223372036854775807} - 1).raw("}");
  CHECK(out == R"({"a":18446744073709551615,"b":-9223372036854775808})");
}

TEST_CASE("every string comes back through the parser") {
  std::string all;
  for (int c = 0; c < 128; ++c)
    all += static_cast<char>(c);
  all += "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80";
  CHECK(std::string_view(parse_json(quoted(all), "test").get_string()) == all);
}

TEST_CASE("hostile text is refused with the place") {
  for (const std::string text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "01", "\"\\x\"", "[1] 2",
                                 "{} {}", "\"open", "[1}", "\xff"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)parse_json(text, "a tree"); }) == ErrorCode::kCorrupt);
  }
  CHECK(words_of([] { (void)parse_json("[1, x]", "a tree"); }).find("a tree: ") == 0);
  CHECK(words_of([] { (void)parse_json("[1, x]", "a tree"); }).find("at byte 4") !=
        std::string::npos);
  CHECK_NOTHROW((void)parse_json(" {} \r\n\t", "test"));
}

TEST_CASE("depth is bounded") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW((void)parse_json(nested(32), "test"));
  CHECK(code_of([&] { (void)parse_json(nested(33), "test"); }) == ErrorCode::kCorrupt);
  CHECK(code_of([&] { (void)parse_json(nested(5), "test", 4); }) == ErrorCode::kCorrupt);
  CHECK(code_of([&] { (void)parse_json(std::string(1'000'000, '['), "test"); }) ==
        ErrorCode::kCorrupt);
}

TEST_CASE("the reader names the object and the member") {
  const auto value = parse_json(
      R"({"s":"x","u":18446744073709551615,"i":-5,"n":7,"b":true,"a":[1],"l":["p","q"],"null":null,
          "d":1.5,"s":"last"})",
      "test");
  const JsonReader reader(value, "a snapshot");
  CHECK(reader.string("s") == "last");
  CHECK(reader.unsigned_integer("u") == 18446744073709551615u);
  CHECK(reader.unsigned_integer("n") == 7);
  CHECK(reader.integer_or("i", 0) == -5);
  CHECK(reader.boolean_or("b", false));
  CHECK(reader.array_or_empty("a").size() == 1);
  CHECK(reader.strings_or_empty("l") == std::vector<std::string>{"p", "q"});
  CHECK(reader.string_or("missing", "f") == "f");
  CHECK(reader.string_or("null", "f") == "f");
  CHECK(reader.unsigned_or("missing", 3) == 3);
  CHECK(reader.integer_or("missing", -3) == -3);
  CHECK(reader.boolean_or("null", true));
  CHECK(reader.array_or_empty("missing").empty());
  CHECK(reader.find("null") == nullptr);

  const auto fails = [&](const auto& action, const std::string& words) {
    CHECK(code_of(action) == ErrorCode::kCorrupt);
    CHECK(words_of(action) == words);
  };
  fails([&] { (void)reader.string("none"); }, "a snapshot: member 'none' is missing");
  fails([&] { (void)reader.string("u"); }, "a snapshot: member 'u' is not a string");
  fails([&] { (void)reader.unsigned_integer("i"); },
        "a snapshot: member 'i' is not an unsigned integer");
  fails([&] { (void)reader.unsigned_integer("d"); },
        "a snapshot: member 'd' is not an unsigned integer");
  fails([&] { (void)reader.integer_or("s", 0); }, "a snapshot: member 's' is not an integer");
  fails([&] { (void)reader.boolean_or("s", false); }, "a snapshot: member 's' is not a boolean");
  fails([&] { (void)reader.array_or_empty("s"); }, "a snapshot: member 's' is not an array");
  fails([&] { (void)reader.strings_or_empty("a"); },
        "a snapshot: member 'a' holds something that is not a string");
  fails([] { const JsonReader bad(json::value(1), "a key"); }, "a key: not a JSON object");
}
