#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/json.hpp"
#include "repo/tree.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

struct Case {
  std::string raw;
  std::string json;
};

/// `raw`, and what Go's json.Marshal makes of strconv.Quote of it, as Go 1.26 printed it.
std::vector<Case> golden() {
  return {
      {"plain", R"=("plain")="},
      {"a b", R"=("a b")="},
      {"q\"uote", R"=("q\\\"uote")="},
      {"back\\slash", R"=("back\\\\slash")="},
      {"tab\tnew\nline\r", R"=("tab\\tnew\\nline\\r")="},
      {"\a\b\f\v", R"=("\\a\\b\\f\\v")="},
      {std::string("\0\1\x1f\x7f", 4), R"=("\\x00\\x01\\x1f\\x7f")="},
      {"\xff\xfe", R"=("\\xff\\xfe")="},
      {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
      {"\302\240", R"=("\\u00a0")="},
      {"\302\255", R"=("\\u00ad")="},
      {"\342\200\250\342\200\251", R"=("\\u2028\\u2029")="},
      {"\357\273\277", R"=("\\ufeff")="},
      {"\357\277\275", "\"\357\277\275\""},
      {"\355\240\200", R"=("\\xed\\xa0\\x80")="},
      {"\360\237\230\200", "\"\360\237\230\200\""},
      {"\363\240\200\201", R"=("\\U000e0001")="},
      {"\364\217\277\277", R"=("\\U0010ffff")="},
      {"<a>&b", R"=("\u003ca\u003e\u0026b")="},
      {"'", R"=("'")="},
      {"\314\200", "\"\314\200\""},
      {"\342\200\213", R"=("\\u200b")="},
      {"\343\200\200", R"=("\\u3000")="},
      {"\356\200\200", R"=("\\ue000")="},
      {"\303", R"=("\\xc3")="},
      {"\342\202", R"=("\\xe2\\x82")="},
      {"\315\270", R"=("\\u0378")="},
      {"\302\205", R"=("\\u0085")="},
  };
}

}  // namespace

TEST_CASE("names are quoted as Go quotes them, and back") {
  for (const Case& example : golden()) {
    std::string json;
    JsonText(json).string(quote_name(example.raw));
    CHECK(json == example.json);
    CHECK(unquote_name(quote_name(example.raw)) == example.raw);
  }
}

TEST_CASE("every byte and every code point of two bytes comes back") {
  for (int high = 0; high < 256; ++high) {
    for (int low = 0; low < 256; ++low) {
      const std::string raw{static_cast<char>(high), static_cast<char>(low)};
      REQUIRE(unquote_name(quote_name(raw)) == raw);
    }
  }
}

TEST_CASE("other spellings that Go reads are read") {
  CHECK(unquote_name("\\101\\x42\\u0043\\U00000044") == "ABCD");
}

TEST_CASE("malformed names are refused") {
  for (const char* bad : {"\\", "\\q", "\\x4", "\\xg0", "\\u12", "\\ud800", "\\U00110000", "\\400",
                          "\\08", "a\"b", "a\nb", "\\'"})
    CHECK_MESSAGE(test::code_of([&] { (void)unquote_name(bad); }) == ErrorCode::kCorrupt, bad);
}
