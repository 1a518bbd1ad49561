// What is asked for and what is left out.
#include <dirent.h>
#include <unistd.h>

#include "backup/backup_fixture.hpp"

using namespace pra;
using namespace pra::test;

using Names = std::vector<std::string>;

TEST_CASE("patterns, sizes and tag files leave entries out") {
  const BackupFixture f;
  for (const char* name :
       {"keep.txt", "a.tmp", "sub/b.tmp", "sub/keep", "cache/CACHEDIR.TAG", "cache/data",
        "cache/deep/data", "fake/CACHEDIR.TAG", "fake/data", "marked/.nobackup", "marked/data",
        "half/.nobackup", "half/CACHEDIR.TAG"})
    write_file(f.source(name), "x");
  write_file(f.source("cache/CACHEDIR.TAG"),
             "Signature: 8a477f597d28d172789f06886806bc55\n# a cache");
  write_file(f.source("half/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55");
  write_file(f.source("large"), std::string(2'000, 'x'));
  auto options = f.options();
  SUBCASE("patterns") {
    options.excludes = {"*.tmp", f.source("cache"), "fake/**", "half", "marked", "large"};
    CHECK(f.listed(f.run(options).tree) == Names{"keep.txt", "sub/", "sub/keep"});
  }
  SUBCASE("a file of patterns") {
    write_file(f.directory / "patterns", "# what we do not want\n\n*.tmp\n!b.tmp\n/*/*/*/cache\n");
    options.exclude_files = {f.directory / "patterns"};
    options.excludes = {"fake", "half", "marked", "large", "cache"};
    CHECK(f.listed(f.run(options).tree) == Names{"keep.txt", "sub/", "sub/b.tmp", "sub/keep"});
  }
  SUBCASE("caches") {
    options.exclude_caches = true;
    options.excludes = {"half", "marked", "sub", "*.tmp", "large"};
    const auto result = f.run(options);
    CHECK(f.listed(result.tree) == Names{"cache/", "cache/CACHEDIR.TAG", "fake/",
                                         "fake/CACHEDIR.TAG", "fake/data", "keep.txt"});
    CHECK(result.problem_count == 0);
  }
  SUBCASE("tag files") {
    options.exclude_if_present = {".nobackup", "CACHEDIR.TAG:x"};
    options.excludes = {"cache", "sub", "*.tmp", "large"};
    CHECK(f.listed(f.run(options).tree) == Names{"fake/", "fake/CACHEDIR.TAG", "half/",
                                                 "half/.nobackup", "keep.txt", "marked/",
                                                 "marked/.nobackup"});
  }
  SUBCASE("size") {
    options.exclude_larger_than = 1'999;
    options.excludes = {"cache", "fake", "half", "marked", "sub"};
    CHECK(f.listed(f.run(options).tree) == Names{"a.tmp", "keep.txt"});
    options.exclude_larger_than = 2'000;
    CHECK(f.listed(f.run(options).tree) == Names{"a.tmp", "keep.txt", "large"});
    // What is named is backed up whatever it is.
    options.exclude_larger_than = 10;
    options.excludes = {"large"};
    options.paths = {f.source("large")};
    CHECK(f.listed(f.run(options).tree) == Names{"large"});
  }
  SUBCASE("malformed patterns are refused before anything is done") {
    options.excludes = {"["};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kInvalidArgument);
    options.excludes.clear();
    options.exclude_files = {f.directory / "no such file"};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kNotFound);
    options.exclude_files.clear();
    options.exclude_if_present = {":x"};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("restic leaves out the same") {
  if (!BackupFixture::has_restic()) return;
  const BackupFixture f;
  for (const char* a : {"a", "b", "[x]", "c*"})
    for (const char* b : {"a", "foo", "bar", "e\u0301"})
      for (const char* c : {"a", "foo.c", "foo.h", "bar", "?", "\\"})
        write_file(f.source(std::string(a) + '/' + b + '/' + c), "x");
  age(f.source());
  const std::vector<Names> lists = {{"foo"},
                                    {"*.c", "!foo.c"},
                                    {f.source("*/foo")},
                                    {"a/**/a"},
                                    {"**/foo.?"},
                                    {"\\[x\\]/*", "c\\*", "\\?"},
                                    {"[^a-cpst]*/"},
                                    {f.source() + "/*/**", "!" + f.source("b")},
                                    {"source/*/*/bar", "!a/foo"},
                                    {"a/**/foo/**"}};
  for (const auto& list : lists) {
    auto options = f.options();
    options.hostname = "shop";
    options.force = true;
    options.excludes = list;
    const auto ours = f.run(options);
    Names arguments = {"--force"};
    for (const auto& pattern : list)
      arguments.push_back("--exclude=" + pattern);
    CAPTURE(list.front());
    const auto theirs = f.back_up_by_restic(arguments);
    CHECK((f.source_tree(ours.tree) == f.source_tree(theirs.tree)));
  }
}

TEST_CASE("paths become one tree from the root, with what leads to them") {
  const BackupFixture f;
  for (const char* name : {"a/x", "a/y", "b/deep/z", "b/other", "c"})
    write_file(f.source(name), name);
  auto options = f.options();
  SUBCASE("several") {
    options.paths = {f.source("b/deep"), f.source("a/y"), f.source("b/deep/"), f.source("a/./y")};
    const auto result = f.run(options);
    CHECK(f.listed(result.tree) == Names{"a/", "a/y", "b/", "b/deep/", "b/deep/z"});
    const auto snapshot = f.repository->find_snapshot(result.snapshot->hex(), {}, {});
    CHECK(snapshot.paths == Names{f.source("b/deep"), f.source("a/y")});
    struct stat status {};
    REQUIRE(::stat(f.source("b").c_str(), &status) == 0);
    CHECK(f.find(result.tree, f.source("b"))->inode == status.st_ino);
  }
  SUBCASE("one below another, excluded and yet named") {
    options.paths = {f.source(), f.source("b/deep/z")};
    options.excludes = {"b", "a/x"};
    CHECK(f.listed(f.run(options).tree) == Names{"a/", "a/y", "b/", "b/deep/", "b/deep/z", "c"});
  }
  SUBCASE("relative") {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(f.source("a"));
    options.paths = {"../b/other", "x"};
    const auto result = f.run(options);
    std::filesystem::current_path(before);
    CHECK(f.listed(result.tree) == Names{"a/", "a/x", "b/", "b/other"});
  }
  SUBCASE("through a symbolic link, and a link itself") {
    std::filesystem::create_directory_symlink("b", f.source("link"));
    options.paths = {f.source("link/deep")};
    CHECK(f.listed(f.run(options).tree) == Names{"link/", "link/deep/", "link/deep/z"});
    options.paths = {f.source("link")};
    const auto node = f.find(f.run(options).tree, f.source("link"));
    CHECK(node->type == repo::NodeType::kSymlink);
    CHECK(node->link_target == "b");
  }
  SUBCASE("the root") {
    options.paths = {"/"};
    const auto parts = std::filesystem::path(f.source());
    // Everything but what leads to the source.
    std::filesystem::path at = "/";
    options.one_file_system = true;
    for (const auto& part : parts) {
      if (part == "/") continue;
      for (const auto& entry : std::filesystem::directory_iterator(at))
        if (entry.path().filename() != part) options.excludes.push_back(entry.path().string());
      at /= part;
    }
    CHECK(f.listed(f.run(options).tree) ==
          Names{"a/", "a/x", "a/y", "b/", "b/deep/", "b/deep/z", "b/other", "c"});
  }
  SUBCASE("one that is missing is a problem, all of them an error") {
    options.paths = {f.source("nothing"), f.source("c")};
    const auto result = f.run(options);
    CHECK(f.listed(result.tree) == Names{"c"});
    CHECK(result.unreadable_count == 1);
    REQUIRE(result.problems.size() == 1);
    CHECK(result.problems.front().item == f.source("nothing"));
    CHECK(f.repository->find_snapshot(result.snapshot->hex(), {}, {}).paths ==
          Names{f.source("c")});
    options.paths = {f.source("nothing")};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kInvalidArgument);
    options.paths = {};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kInvalidArgument);
    options.paths = {""};
    CHECK(code_of([&] { (void)f.run(options); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("one file system: a mount point stays, empty") {
  // /proc is one everywhere; what else lies in / is left out.
  const BackupFixture f;
  auto options = f.options();
  options.paths = {"/"};
  options.one_file_system = true;
  for (const auto& entry : std::filesystem::directory_iterator("/"))
    if (entry.path() != "/proc") options.excludes.push_back(entry.path().string());
  const auto result = f.run(options);
  const auto proc = f.find(result.tree, "/proc");
  REQUIRE(proc);
  CHECK(proc->type == repo::NodeType::kDirectory);
  CHECK(f.repository->load_tree(proc->subtree, {}).empty());
  CHECK(result.problem_count == 0);
}
