// Damaged and hostile repositories: nothing outside of the target, nothing wrong as success.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "repo/repository_fixture.hpp"
#include "restore/hooks.hpp"
#include "restore/restore.hpp"
#include "support/damage.hpp"
#include "support/errors.hpp"
#include "support/hurried_clock.hpp"
#include "support/snapshot_builder.hpp"
#include "support/tree_description.hpp"

using namespace pra;
namespace fs = std::filesystem;

namespace {

std::string noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (auto& byte : out)
    byte = static_cast<char>(random());
  return out;
}

struct Case {
  test::RepositoryFixture fixture;
  std::shared_ptr<repo::Repository> repository;
  test::TemporaryDirectory directory;
  restore::Options options;

  Case() {
    fixture.clock = std::make_shared<test::HurriedClock>();
    repository = fixture.create();
    options.target = directory / "jail/target";
    fs::create_directories(directory / "jail");
  }
  restore::Result run(const repo::Snapshot& snapshot) {
    repository = fixture.open();
    Progress progress;
    return restore::restore_snapshot(*repository, snapshot, options, progress, {});
  }
  [[nodiscard]] std::string at(const std::string& path) const {
    return options.target + "/" + path;
  }
  /// A snapshot of this tree text, whatever it says.
  repo::Snapshot snapshot_of(const std::function<std::string(test::SnapshotBuilder&)>& text) {
    test::SnapshotBuilder builder(*repository);
    auto& directory_node = builder.directory("d");
    directory_node.subtree = builder.tree_blob(text(builder));
    return builder.finish();
  }
};

std::string node_text(const std::string& name, const std::string& rest) {
  return R"({"name":")" + name + R"(",)" + rest +
         R"("mode":420,"mtime":"2023-11-14T22:13:20Z","atime":"2023-11-14T22:13:20Z",)"
         R"("ctime":"2023-11-14T22:13:20Z","uid":0,"gid":0})";
}

}  // namespace

TEST_CASE("names that lead elsewhere cost their directory and nothing else") {
  for (const std::string name :
       {"..", ".", "a/b", "../../outside", "/etc/outside", "", "a\\u0000b", "..\\u002foutside"}) {
    Case test;
    const auto snapshot = test.snapshot_of([&](test::SnapshotBuilder& builder) {
      const auto content = builder.blob("evil").hex();
      return R"({"nodes":[)" +
             node_text(name, R"("type":"file","content":[")" + content + R"("],"size":4,)") +
             "]}\n";
    });
    INFO(name);
    const auto result = test.run(snapshot);
    CHECK(result.failed_files == 1);
    CHECK(fs::is_empty(test.at("d")));
    CHECK(test::files_below(test.directory.path()).empty());
  }
}

TEST_CASE("a name that is there twice is refused") {
  Case test;
  const auto snapshot = test.snapshot_of([&](test::SnapshotBuilder& builder) {
    const auto content = builder.blob("evil").hex();
    return R"({"nodes":[)" + node_text("x", R"("type":"symlink","linktarget":"/tmp",)") + "," +
           node_text("x", R"("type":"file","content":[")" + content + R"("],"size":4,)") + "]}\n";
  });
  CHECK(test.run(snapshot).failed_files == 1);
  CHECK_FALSE(fs::exists(fs::symlink_status(test.at("d/x"))));
}

TEST_CASE("a link in the target is never followed") {
  Case test;
  fs::create_directories(test.directory / "outside");
  test::SnapshotBuilder builder(*test.repository);
  builder.file("dir/file", "content");
  builder.file("dir/sub/file", "content");
  const auto first = builder.finish();
  fs::create_directories(test.options.target);
  for (const auto overwrite :
       {restore::Overwrite::kNever, restore::Overwrite::kIfChanged, restore::Overwrite::kAlways}) {
    fs::remove_all(test.at("dir"));
    fs::create_symlink(test.directory / "outside", test.at("dir"));
    test.options.overwrite = overwrite;
    const auto result = test.run(first);
    CHECK(fs::is_empty(test.directory / "outside"));
    CHECK((result.failed_files == 0) == (overwrite != restore::Overwrite::kNever));
  }
  CHECK(test::read_file(test.at("dir/sub/file")) == "content");
}

TEST_CASE("the target itself may be a link") {
  Case test;
  fs::create_directories(test.directory / "real");
  fs::create_symlink(test.directory / "real", test.options.target);
  test::SnapshotBuilder builder(*test.repository);
  builder.file("file", "content");
  CHECK(test.run(builder.finish()).failed_files == 0);
  CHECK(test::read_file(test.directory / "real/file") == "content");
}

TEST_CASE("trees that repeat each other without end are refused in bounded memory") {
  Case test;
  test::SnapshotBuilder builder(*test.repository);
  auto below = builder.tree_blob(repo::encode_tree(
      std::vector<repo::Node>{test::SnapshotBuilder::node("leaf", repo::NodeType::kFile)}));
  for (int level = 0; level < 40; ++level) {
    std::vector<repo::Node> nodes;
    for (const auto* name : {"a", "b", "c", "d"}) {
      nodes.push_back(test::SnapshotBuilder::node(name, repo::NodeType::kDirectory));
      nodes.back().subtree = below;
    }
    below = builder.tree_blob(repo::encode_tree(nodes));
  }
  builder.directory("bomb").subtree = below;
  const auto snapshot = builder.finish();
  CHECK(test::code_of([&] { test.run(snapshot); }) == ErrorCode::kCorrupt);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < 512 << 10);
  CHECK_FALSE(fs::exists(test.options.target));
}

TEST_CASE("directories without end cost what is too deep") {
  Case test;
  test::SnapshotBuilder builder(*test.repository);
  auto below = builder.tree_blob(repo::encode_tree(std::vector<repo::Node>{}));
  for (int level = 0; level < 5000; ++level) {
    std::vector<repo::Node> nodes{test::SnapshotBuilder::node("d", repo::NodeType::kDirectory)};
    nodes.back().subtree = below;
    below = builder.tree_blob(repo::encode_tree(nodes));
  }
  builder.directory("deep").subtree = below;
  builder.file("file", "content");
  const auto result = test.run(builder.finish());
  CHECK(result.failed_files == 1);
  CHECK(test::read_file(test.at("file")) == "content");
}

TEST_CASE("sizes that are claimed are not believed") {
  Case test;
  test::SnapshotBuilder builder(*test.repository);
  builder.file("huge", "small").size = std::uint64_t{1} << 62;
  builder.file("tiny", noise(5000, 1)).size = 0;
  const auto result = test.run(builder.finish());
  CHECK(result.failed_files == 0);
  CHECK(result.problem_count == 2);
  CHECK(test::read_file(test.at("huge")) == "small");
  CHECK(test::read_file(test.at("tiny")) == noise(5000, 1));
}

TEST_CASE("content that is in no index costs its file") {
  Case test;
  test::SnapshotBuilder builder(*test.repository);
  builder.file("good", "good");
  builder.file("bad", "will be").content.push_back(BlobId::from_hex(std::string(64, 'e')));
  builder.directory("lost directory").subtree = BlobId::from_hex(std::string(64, 'd'));
  const auto snapshot = builder.finish();
  fs::create_directories(test.options.target);
  std::ofstream(test.at("bad")) << "the user's own";
  fs::create_directories(test.at("lost directory"));
  std::ofstream(test.at("lost directory/keep")) << "keep";
  test.options.remove_extra = true;
  const auto result = test.run(snapshot);
  CHECK(result.failed_files == 2);
  CHECK(test::read_file(test.at("good")) == "good");
  CHECK(test::read_file(test.at("bad")) == "the user's own");
  CHECK(test::read_file(test.at("lost directory/keep")) == "keep");
}

TEST_CASE("whatever is damaged: what is there afterwards is right, or was named") {
  Case test;
  std::map<std::string, std::string> wanted;
  repo::Snapshot snapshot;
  {
    test::SnapshotBuilder builder(*test.repository, 64 << 10);
    for (std::uint32_t i = 0; i < 10; ++i) {
      const auto name = "dir" + std::to_string(i % 3) + "/file" + std::to_string(i);
      std::vector<std::string> blobs;
      for (std::uint32_t b = 0; b <= i % 4; ++b)
        blobs.push_back(noise(12'000 + i, 100 * i + b));
      builder.file(name, blobs);
      for (const auto& blob : blobs)
        wanted[name] += blob;
    }
    snapshot = builder.finish();
  }
  const auto files = test::files_below(test.fixture.path());
  std::random_device device;
  const auto seed = device();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int failures = 0;
  for (int round = 0; round < 200; ++round) {
    const auto& path = files[random() % files.size()];
    const auto kind = static_cast<test::Damage::Kind>(random() % 3);
    const test::Damage damage(path, kind, random());
    INFO(path << " kind " << static_cast<int>(kind));
    fs::remove_all(test.options.target);
    // Half of the time over something that differs.
    std::map<std::string, std::string> old;
    if (round % 2 == 0)
      for (const auto& [name, content] : wanted) {
        fs::create_directories(fs::path(test.at(name)).parent_path());
        std::ofstream(test.at(name)) << content.substr(0, 500) << "old";
      }
    try {
      const auto result = test.run(snapshot);
      std::string problems;
      for (const auto& problem : result.problems)
        problems += problem.item + "\n";
      INFO(problems);
      std::uint64_t wrong = 0;
      for (const auto& [name, content] : wanted) {
        if (fs::exists(test.at(name)) && test::read_file(test.at(name)) == content) continue;
        ++wrong;
        const bool named = problems.find(name) != std::string::npos ||
                           problems.find(name.substr(0, 4) + "\n") != std::string::npos ||
                           problems.find("/\n") != std::string::npos;
        CHECK(named);
        // A new file is whole or not there at all.
        if (round % 2 != 0) CHECK_FALSE(fs::exists(test.at(name)));
      }
      CHECK((wrong == 0) == (result.failed_files == 0));
      failures += wrong == 0 ? 0 : 1;
    } catch (const Error& error) {
      const bool cannot_open =
          path.find("/keys/") != std::string::npos || path.ends_with("/config");
      INFO(error.what());
      CHECK(cannot_open);
    }
  }
  CHECK(failures > 10);
}

TEST_CASE("files that come last appear when all else is there, or not at all") {
  Case test;
  repo::Snapshot snapshot;
  PackId victim;
  {
    test::SnapshotBuilder builder(*test.repository, 64 << 10);
    builder.file("global/pg_control", noise(8192, 7));
    builder.file("base/1", noise(90'000, 8));
    builder.symlink("pg_tblspc/1", "../elsewhere");
    snapshot = builder.finish();
  }
  restore::Hooks hooks;
  hooks.write_last = {"global/pg_control"};
  hooks.link_targets["pg_tblspc/1"] = "/srv/space";
  const auto run = [&] {
    test.repository = test.fixture.open();
    Progress progress;
    return restore::restore_tree(*test.repository, snapshot.tree, test.options, hooks, progress,
                                 {});
  };
  CHECK(run().failed_files == 0);
  CHECK(test::read_file(test.at("global/pg_control")) == noise(8192, 7));
  CHECK(fs::read_symlink(test.at("pg_tblspc/1")) == "/srv/space");
  struct stat status {};
  REQUIRE(::stat(test.at("global").c_str(), &status) == 0);
  CHECK(status.st_mtim.tv_sec == 1'700'000'000);
  CHECK_FALSE(run().changed);

  std::ofstream(test.at("base/1")) << "changed";
  CHECK(run().failed_files == 0);
  CHECK(test::read_file(test.at("global/pg_control")) == noise(8192, 7));
  CHECK(test::read_file(test.at("base/1")) == noise(90'000, 8));

  std::ofstream(test.at("base/1")) << "changed";
  test.repository = test.fixture.open();
  test.repository->load_index({});
  const auto root = test.repository->load_tree(snapshot.tree, {});
  const auto base = test.repository->load_tree(root[0].subtree, {});
  const auto place = *test.repository->index().find({repo::BlobType::kData, base[0].content[0]});
  const test::Damage damage(
      test.fixture.path() + "/" + repo::object_name(repo::FileKind::kPack, place.pack.hex()),
      test::Damage::Kind::kFlip, (place.offset + 50) * 8);
  CHECK(run().failed_files == 2);
  CHECK_FALSE(fs::exists(test.at("global/pg_control")));
}

TEST_CASE("without root, what may not be set is said once") {
  if (::geteuid() != 0) return;
  Case test;
  repo::Snapshot snapshot;
  {
    test::SnapshotBuilder builder(*test.repository);
    for (int i = 0; i < 20; ++i) {
      auto& node = builder.file("file" + std::to_string(i), "content");
      node.uid = 12345;
      node.mode = 04755;
    }
    auto& device = builder.other("device", repo::NodeType::kCharacterDevice);
    device.device = 0x103;
    auto& closed = builder.directory("closed");
    closed.mode = 0500;
    builder.file("closed/file", "content").mode = 0400;
    snapshot = builder.finish();
  }
  fs::permissions(test.directory.path(), fs::perms::all);
  fs::permissions(test.directory / "jail", fs::perms::all);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Only what this process can no longer do differs; the repository stays readable for root.
    int failures = 0;
    int step = 0;
    const auto expect = [&](bool good) {
      ++step;
      if (good) return;
      ++failures;
      fmt::print(stderr, "expectation {} of the child does not hold\n", step);
    };
    try {
      test.repository = test.fixture.open();
      test.repository->load_index({});
      fs::permissions(fs::path(test.fixture.path()).parent_path(), fs::perms::all);
      fs::permissions(test.fixture.path(), fs::perms::all);
      for (const auto& entry : fs::recursive_directory_iterator(test.fixture.path()))
        fs::permissions(entry.path(), fs::perms::all);
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(100);
      Progress progress;
      auto result =
          restore::restore_snapshot(*test.repository, snapshot, test.options, progress, {});
      expect(result.failed_files == 0);
      expect(result.files_restored == 21);
      expect(result.problem_count >= 1 && result.problem_count <= 4);
      struct stat status {};
      expect(::stat(test.at("file3").c_str(), &status) == 0);
      expect((status.st_mode & 07777) == 0755);
      // Again, over it, in a closed directory too.
      ::chmod(test.at("closed").c_str(), 0700);
      std::ofstream(test.at("closed/file2")) << "extra";
      ::chmod(test.at("closed/file").c_str(), 0600);
      std::ofstream(test.at("closed/file")) << "changed";
      ::chmod(test.at("closed/file").c_str(), 0400);
      ::chmod(test.at("closed").c_str(), 0500);
      test.options.remove_extra = true;
      result = restore::restore_snapshot(*test.repository, snapshot, test.options, progress, {});
      expect(result.failed_files == 0);
      expect(result.files_restored == 1);
      expect(result.entries_removed == 1);
      result = restore::restore_snapshot(*test.repository, snapshot, test.options, progress, {});
      expect(!result.changed || result.change_count == 1);  // The device is still missing.
    } catch (const Error& error) {
      fmt::print(stderr, "{}\n", error.what());
      ++failures;
    }
    ::_exit(failures);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
