#include "source/files/pattern.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "source/files/glob.hpp"
#include "source/files/path.hpp"

namespace pra::source {
namespace {

bool matches(const char* pattern, const char* path) {
  return PatternList({pattern}).matches(path);
}

bool child_may_match(const std::vector<std::string>& patterns, const char* path) {
  bool child = false;
  (void)PatternList(patterns).matches(path, &child);
  return child;
}

TEST_CASE("a component pattern matches as Go's filepath.Match") {
  CHECK(glob_matches("abc", "abc"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*c", "abc"));
  CHECK(glob_matches("a*b*c*d*e*", "axbxcxdxexxx"));
  CHECK_FALSE(glob_matches("a*b*c*d*e*/f", "axbxcxdxe/xxx/f"));
  CHECK(glob_matches("a*b?c*x", "abxbbxdbxebxczzx"));
  CHECK_FALSE(glob_matches("a*b?c*x", "abxbbxdbxebxczzy"));
  CHECK(glob_matches("ab[c]", "abc"));
  CHECK(glob_matches("ab[b-d]", "abc"));
  CHECK_FALSE(glob_matches("ab[e-g]", "abc"));
  CHECK_FALSE(glob_matches("ab[^c]", "abc"));
  CHECK(glob_matches("ab[^e-g]", "abc"));
  CHECK(glob_matches("a\\*b", "a*b"));
  CHECK_FALSE(glob_matches("a\\*b", "ab"));
  CHECK(glob_matches("a?b", "a\u263ab"));
  CHECK(glob_matches("a[^a]b", "a\u263ab"));
  CHECK_FALSE(glob_matches("a???b", "a\u263ab"));
  CHECK(glob_matches("[a-\u03b6]*", "\u03b1"));
  CHECK_FALSE(glob_matches("*[a-\u03b6]", "A"));
  CHECK(glob_matches("[\\]a]", "]"));
  CHECK(glob_matches("[\\-x]", "x"));
  CHECK_FALSE(glob_matches("*x", "xxy"));
  CHECK(glob_matches("?", "\xff"));
}

TEST_CASE("malformed component patterns are recognised") {
  for (const char* bad : {"[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[^bc", "a[", "a\\", "[a-b-c]"})
    CHECK_FALSE_MESSAGE(glob_is_well_formed(bad), bad);
  for (const char* good : {"", "a", "[a]", "[^a]", "a\\[", "]", "*?[a-z]"})
    CHECK_MESSAGE(glob_is_well_formed(good), good);
}

TEST_CASE("patterns match whole components at any depth and everything below") {
  CHECK(matches("*.go", "/foo/bar/test.go"));
  CHECK_FALSE(matches("*.c", "/foo/bar/test.go"));
  CHECK(matches("bar", "/foo/bar/deep/inside"));
  CHECK_FALSE(matches("ar", "/foo/bar"));
  CHECK_FALSE(matches("Bar", "/foo/bar"));
  CHECK(matches("bar/*.go", "/foo/bar/test.go"));
  CHECK_FALSE(matches("bb*/*.go", "/foo/bar/test.go"));
  CHECK(matches("baz/test.*", "bar/baz/test.go"));
  CHECK(matches("**", "/foo"));
}

TEST_CASE("a leading slash anchors") {
  CHECK(matches("/foo/bar", "/foo/bar"));
  CHECK(matches("/foo/bar/", "/foo/bar/baz"));
  CHECK(matches("/foo///bar", "/foo/bar"));
  CHECK(matches("/foo/../bar", "/bar"));
  CHECK_FALSE(matches("/bar*", "/foo/bar"));
  CHECK_FALSE(matches("/foo/*", "/foo"));
  CHECK_FALSE(matches("/foo/*test.*", "/foo/bar/test.go"));
  CHECK(matches("/*/*/baz/test.*", "/foo/bar/baz/test.go"));
  CHECK_FALSE(matches("/foo/bar/test.*", "foo/bar/test.go"));
  CHECK(matches("/", "/anything/at/all"));
}

TEST_CASE("a double star stands for any number of components") {
  CHECK(matches("foo/**/bar/*.go", "/home/user/foo/work/special/project/bar/test.go"));
  CHECK(matches("foo/**/bar/*.go", "/home/user/foo/bar/test.go"));
  CHECK(matches("foo/**/bar/*.go", "foo/bar/baz/bar/test.go"));
  CHECK_FALSE(matches("foo/**/bar/*.go", "bar/foo/main.go"));
  CHECK(matches("foo/**/bar/**/x", "/home/user/foo/bar/x"));
  CHECK(matches("foo/**/bar/**/x", "/home/user/foo/blaaa/blaz/bar/shared/work/x"));
  CHECK_FALSE(matches("user/**/important*", "/home/user/work/x/y/hidden/x"));
  CHECK(matches("user/**/hidden*/**/c", "/home/user/work/x/y/hidden/z/a/b/c"));
  // restic's expansion is bounded by the length of the path: kept, so that both choose the same
  // files.
  CHECK_FALSE(matches("a/**/b/**", "a/x/b"));
  CHECK(matches("a/**/b/**", "a/x/b/c"));
}

TEST_CASE("later patterns take back with an exclamation mark") {
  CHECK_FALSE(PatternList({"/foo/*/test.*", "!*.c"}).matches("/foo/bar/test.c"));
  CHECK(PatternList({"/foo/*/test.*", "!*.c"}).matches("/foo/bar/test.go"));
  CHECK(PatternList({"!**", "*.go"}).matches("/foo/bar/test.go"));
  CHECK(PatternList({"/foo/*/*", "!test.*", "*.c"}).matches("/foo/bar/test.c"));
  const PatternList nested({"/**/*", "!/foo", "/foo/*", "!/foo/bar", "/foo/bar/test*"});
  CHECK(nested.matches("/foo/bar/test.go/child"));
  CHECK_FALSE(nested.matches("/foo/bar"));
}

TEST_CASE("what is below may match") {
  CHECK(child_may_match({"foo/bar"}, "/elsewhere"));
  CHECK(child_may_match({"/foo/bar"}, "/foo"));
  CHECK_FALSE(child_may_match({"/foo/bar/baz"}, "/foo/baz"));
  CHECK_FALSE(child_may_match({"/baz/bar"}, "/foo"));
  CHECK(child_may_match({"/foo/**/qux"}, "/foo/bar/baz/boo"));
  CHECK_FALSE(child_may_match({"/foo/*/qux"}, "/foo/bar/boo"));
  CHECK(child_may_match({"/foo"}, "/foo/bar"));
  CHECK(child_may_match({"/**/bar"}, "/foo/bar"));
  CHECK_FALSE(child_may_match({"/**/*", "!/foo", "/foo/*", "!/foo/bar"}, "/foo/bar/test.go"));
  CHECK_FALSE(child_may_match({}, "/foo"));
}

TEST_CASE("malformed patterns are refused by name") {
  try {
    PatternList({"*.ok", "*[._]log[.-][0-9]", "!x/["});
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(std::string(error.what()).find("'*[._]log[.-][0-9]', '!x/['") != std::string::npos);
  }
  CHECK_THROWS_AS((void)PatternList({"x"}).matches(""), Error);
}

TEST_CASE("a pattern file has comments, blanks and variables") {
  const auto path = std::filesystem::temp_directory_path() / "pra_pattern_test.txt";
  const auto files = posix_file_system();
  std::filesystem::remove(path);
  ::setenv("PRA_TEST_PLACE", "/srv/place", 1);
  files->write_new(path.string(),
                   as_bytes("\xef\xbb\xbf# comment\r\n\n  *.tmp \t\r\n$PRA_TEST_PLACE/x\n"
                            "${PRA_TEST_PLACE}y\na$$b\nend$\n${}z\n$PRA_TEST_UNSET!\n"),
                   0600);
  CHECK(read_pattern_file(*files, path.string()) ==
        std::vector<std::string>{"*.tmp", "/srv/place/x", "/srv/placey", "a$b", "end$", "z", "!"});
  std::filesystem::remove(path);
}

TEST_CASE("paths are cleaned by text") {
  CHECK(clean_path("") == ".");
  CHECK(clean_path("/") == "/");
  CHECK(clean_path("//a//b/") == "/a/b");
  CHECK(clean_path("/a/./b/../c") == "/a/c");
  CHECK(clean_path("/../../a") == "/a");
  CHECK(clean_path("../a/../..") == "../..");
  CHECK(clean_path("a/..") == ".");
  CHECK(absolute_path("/x/") == "/x");
  CHECK(absolute_path("x") == std::filesystem::current_path().string() + "/x");
  CHECK(path_components("/").empty());
  CHECK(path_components("/a/b") == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace pra::source
