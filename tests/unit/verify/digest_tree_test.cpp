#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/directory.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"
#include "verify/verify.hpp"

using namespace pra;
using test::TemporaryDirectory;

namespace {

void write_file(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// Names that need escapes, directories, empty and large files, and things that are no files.
void make_tree(const TemporaryDirectory& root) {
  std::filesystem::create_directories(root / "b/deep/er");
  std::filesystem::create_directories(root / "a dir\\with\nall\rof it");
  write_file(root / "empty", "");
  write_file(root / "abc", "abc");
  write_file(root / " blank first", "1");
  write_file(root / "*star", "2");
  write_file(root / "new\nline", "3");
  write_file(root / "car\rriage", "4");
  write_file(root / "back\\slash", "5");
  write_file(root / "latin \xe9", "6");
  write_file(root / "b/large", std::string(1'000'003, 'x'));
  write_file(root / "b/exactly one buffer", std::string(256 * 1024, 'y'));
  write_file(root / "b.txt", "sorts between b and b/…");
  write_file(root / "a dir\\with\nall\rof it/file", "7");
  for (int i = 0; i < 200; ++i)
    write_file(root / ("b/deep/er/" + std::to_string(i)), "n");
  std::filesystem::create_symlink("/etc/passwd", root / "link to a file");
  std::filesystem::create_directory_symlink("/etc", root / "link to a directory");
  REQUIRE(mkfifo((root / "fifo").c_str(), 0600) == 0);
}

verify::DigestResult digest(const std::string& path, const std::string& algorithm = "sha256",
                            unsigned workers = 0) {
  Progress progress;
  return verify::digest_tree({.path = path, .algorithm = algorithm, .workers = workers}, progress,
                             {});
}

verify::DigestCheck check(const std::string& list, const std::string& base = {}) {
  Progress progress;
  return verify::check_digests(list, {.path = base}, progress, {});
}

ProcessResult shell(const std::string& script, const std::string& directory,
                    const std::string& input = {}) {
  return run_process({.command = {"bash", "-c", "set -o pipefail; " + script},
                      .environment = {{"LC_ALL", "C"}},
                      .directory = directory,
                      .input = input,
                      .on_output = {}},
                     {});
}

}  // namespace

TEST_CASE("the lines are those of the system's own tools") {
  const TemporaryDirectory root;
  make_tree(root);
  const std::pair<const char*, const char*> tools[] = {
      {"sha256", "sha256sum"}, {"sha224", "sha224sum"}, {"sha384", "sha384sum"},
      {"sha512", "sha512sum"}, {"sha1", "sha1sum"},     {"md5", "md5sum"},
      {"blake2b", "b2sum"}};
  for (const auto& [algorithm, tool] : tools) {
    CAPTURE(tool);
    const auto result = digest(root.path(), algorithm);
    const auto lines = verify::format_digest_lines(result);
    const std::string find = "find " + root.path() + " -type f -print0 | sort -z | xargs -0 ";
    CHECK(lines == shell(find + tool, "/").output);
    const auto checked = shell(std::string(tool) + " -c --strict --quiet -", "/", lines);
    CHECK_MESSAGE(checked.exit_code == 0, checked.error_output);
    CHECK(result.lines.size() == 212);
    CHECK(result.problems.empty());
    CHECK(result.bytes == 1'000'003 + 256 * 1024 + 200 + 10 + 25);
    const auto tree = shell(
        std::string("find -type f -printf '%P\\0' | sort -z | xargs -0 ") + tool + " | " + tool,
        root.path());
    CHECK(result.tree + "  -\n" == tree.output);
  }
}

TEST_CASE("equal trees have one value wherever they are and however many workers there are") {
  const TemporaryDirectory first;
  const TemporaryDirectory second;
  make_tree(first);
  make_tree(second);
  const std::string tree = digest(first.path(), "sha256", 1).tree;
  CHECK(tree == digest(second.path() + "/", "sha256", 7).tree);
  write_file(second / "abc", "abd");
  CHECK(tree != digest(second.path()).tree);
  write_file(second / "abc", "abc");
  CHECK(tree == digest(second.path()).tree);
  std::filesystem::rename(second / "abc", second / "abcd");
  CHECK(tree != digest(second.path()).tree);
}

TEST_CASE("paths are printed from the root as given") {
  const TemporaryDirectory root;
  write_file(root / "x", "abc");
  CHECK(digest(root.path()).lines.at(0).path == root / "x");
  CHECK(digest(root.path() + "/").lines.at(0).path == root / "x");
  const auto one = digest(root / "x");
  CHECK(one.lines.at(0).path == root / "x");
  CHECK(one.tree == digest(root.path()).tree);
  std::filesystem::create_directory_symlink(root.path(), root / "self");
  CHECK(digest(root / "self").lines.size() == 1);
}

TEST_CASE("what cannot be digested is an error at the root and a problem below it") {
  const TemporaryDirectory root;
  CHECK(test::code_of([&] { digest(root / "absent"); }) == ErrorCode::kNotFound);
  REQUIRE(mkfifo((root / "fifo").c_str(), 0600) == 0);
  CHECK(test::words_of([&] { digest(root / "fifo"); }).find("regular") != std::string::npos);
  CHECK(test::code_of([&] { digest(root.path(), "sha3"); }) == ErrorCode::kInvalidArgument);
  CHECK(digest(root.path()).lines.empty());
  if (geteuid() == 0) return;
  write_file(root / "closed", "abc");
  write_file(root / "open", "abc");
  std::filesystem::create_directory(root / "closed directory");
  REQUIRE(chmod((root / "closed").c_str(), 0) == 0);
  REQUIRE(chmod((root / "closed directory").c_str(), 0) == 0);
  const auto result = digest(root.path());
  CHECK(result.lines.size() == 1);
  REQUIRE(result.problems.size() == 2);
  CHECK(result.problems[0].item == root / "closed");
  CHECK(result.problems[1].item == root / "closed directory");
}

TEST_CASE("a tree deeper than any path can name is walked whole") {
  const TemporaryDirectory root;
  constexpr std::size_t kDepth = 2100;  // paths of more than PATH_MAX bytes
  auto directory = Directory::open(root.path());
  for (std::size_t i = 0; i < kDepth; ++i) {
    directory.create_directory("d", 0700);
    directory = directory.open_directory("d");
  }
  directory.create_file("f", 0600).write_at(0, as_bytes("abc"));
  const auto result = digest(root.path());
  CHECK(result.problems.empty());
  REQUIRE(result.lines.size() == 1);
  CHECK(result.lines[0].path.size() == root.path().size() + 2 * kDepth + 2);
  CHECK(shell("rm -r d", root.path()).exit_code == 0);
}

TEST_CASE("a check finds changed, missing and unreadable files, in the list's order") {
  const TemporaryDirectory root;
  make_tree(root);
  const auto list = verify::format_digest_lines(digest(root.path()));
  auto result = check(list);
  CHECK(result.matched == 212);
  CHECK(result.failures.empty());

  write_file(root / "abc", "abC");
  std::filesystem::remove(root / "new\nline");
  std::filesystem::remove(root / "empty");
  std::filesystem::create_directory(root / "empty");
  result = check(list + "not a line\n");
  CHECK(result.matched == 209);
  REQUIRE(result.failures.size() == 4);
  CHECK(result.failures[0].object == root / "abc");
  CHECK(result.failures[0].message.find("the list says ba7816bf") != std::string::npos);
  CHECK(result.failures[1].object == root / "empty");
  CHECK(result.failures[1].message.find("regular") != std::string::npos);
  CHECK(result.failures[2].object == root / "new\\x0aline");
  CHECK(result.failures[3].object == "line 213");
  CHECK(shell("sha256sum -c --quiet -", "/", list).exit_code == 1);
}

TEST_CASE("a check reads lists of every tool, plain and BSD-style, from a base directory") {
  const TemporaryDirectory root;
  make_tree(root);
  for (const char* command : {"sha256sum", "sha256sum -b", "sha256sum --tag", "md5sum --tag",
                              "b2sum --tag", "sha512sum --tag"}) {
    CAPTURE(command);
    const auto list = shell(std::string("find -type f -print0 | xargs -0 ") + command, root.path());
    REQUIRE(list.exit_code == 0);
    const auto result = check(list.output, root.path());
    CHECK(result.matched == 212);
    CHECK(result.failures.empty());
  }
  // Paths mean what they mean to sha256sum: upwards and through symbolic links.
  const auto list = shell("sha256sum ../abc ../b/../abc '../link to a file'", root / "b");
  CHECK(check(list.output, root / "b").matched == 3);
}

TEST_CASE("a list without one valid line is refused") {
  for (const char* list : {"", "\n\n", "# only this\n", "hello\n", "abc  def\n"})
    CHECK(test::code_of([&] { check(list); }) == ErrorCode::kInvalidArgument);
}

TEST_CASE("both stop when asked") {
  const TemporaryDirectory root;
  make_tree(root);
  const auto list = verify::format_digest_lines(digest(root.path()));
  std::stop_source stop;
  stop.request_stop();
  Progress progress;
  CHECK(test::code_of([&] {
          (void)verify::digest_tree({.path = root.path()}, progress, stop.get_token());
        }) == ErrorCode::kCancelled);
  CHECK(test::code_of([&] {
          (void)verify::check_digests(list, {.path = ""}, progress, stop.get_token());
        }) == ErrorCode::kCancelled);
}

TEST_CASE("progress counts every file and byte") {
  const TemporaryDirectory root;
  make_tree(root);
  Progress progress;
  const auto result = verify::digest_tree({.path = root.path()}, progress, {});
  CHECK(progress.view().items_done == 212);
  CHECK(progress.view().bytes_done == result.bytes);
}
