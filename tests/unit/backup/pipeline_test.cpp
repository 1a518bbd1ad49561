// How the work is spread changes nothing of what is stored, and what goes wrong stays small.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "backup/backup_fixture.hpp"
#include "backup/content_saver.hpp"
#include "chunk/rabin.hpp"
#include "store/fault_store.hpp"

using namespace pra;
using namespace pra::test;

namespace {

/// Runs as a user without rights where the test itself has all.
class WithoutRights {
 public:
  WithoutRights() {
    if (was_root_) REQUIRE(::seteuid(65534) == 0);
  }
  ~WithoutRights() {
    if (was_root_) CHECK(::seteuid(0) == 0);
  }

 private:
  const bool was_root_ = ::geteuid() == 0;
};

void give_away(const std::string& path) {
  if (::geteuid() != 0) return;
  REQUIRE(::lchown(path.c_str(), 65534, 65534) == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    REQUIRE(::lchown(entry.path().c_str(), 65534, 65534) == 0);
}

}  // namespace

TEST_CASE("trees and chunks are the same with one thread and with eight") {
  const BackupFixture f;
  for (int i = 0; i < 1'000; ++i)
    write_file(f.source("wide/" + std::to_string(i)), std::to_string(i));
  for (int i = 0; i < 100; ++i)
    write_file(f.source("d" + std::to_string(i % 10) + "/e" + std::to_string(i) + "/f"), "x");
  const auto mebibyte = std::size_t{1} << 20;
  for (const std::size_t size :
       {std::size_t{1}, mebibyte / 2 - 1, mebibyte / 2, mebibyte / 2 + 1, 8 * mebibyte,
        8 * mebibyte + 1, 16 * mebibyte - 1, 16 * mebibyte, 16 * mebibyte + 1, 33 * mebibyte + 5})
    write_file(f.source("size " + std::to_string(size)), random_text(size, size));
  // Text that repeats with few cuts, and cuts only at the maximum.
  std::string text;
  while (text.size() < 20 * mebibyte)
    text += "the same line again and again, " + std::to_string(text.size() % 13) + "\n";
  write_file(f.source("text"), text);
  age(f.source());

  auto options = f.options();
  options.workers = 1;
  const auto one = f.run(options);
  options.force = true;
  options.workers = 8;
  const auto eight = f.run(options);
  CHECK(eight.summary.data_blobs == 0);
  CHECK(f.source_tree(eight.tree) == f.source_tree(one.tree));
  CHECK(eight.summary.total_bytes_processed == one.summary.total_bytes_processed);

  const chunk::RabinTables tables(f.repository->config().polynomial);
  const auto node = f.find(one.tree, f.source("size " + std::to_string(33 * mebibyte + 5)));
  const auto content = random_text(33 * mebibyte + 5, 33 * mebibyte + 5);
  std::vector<std::size_t> sizes;
  for (auto rest = as_bytes(content); !rest.empty();) {
    sizes.push_back(chunk::first_cut(tables, rest, true));
    rest = rest.subspan(sizes.back());
  }
  REQUIRE(node->content.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    CHECK(f.repository->load_blob({repo::BlobType::kData, node->content[i]}, {}).size() ==
          sizes[i]);
  f.judge(eight);
}

TEST_CASE("a tree far deeper than there are file descriptors") {
  const BackupFixture f;
  auto at = Directory::open(f.source());
  for (int depth = 0; depth < 1'500; ++depth) {
    at.create_directory("deep", 0755);
    at = at.open_directory("deep");
  }
  at.create_file("bottom", 0644).write_at(0, as_bytes("here"));
  const auto result = f.run();
  CHECK(result.problem_count == 0);
  CHECK(result.summary.files_new == 1);
  CHECK(result.summary.dirs_new >= 1'500);
}

TEST_CASE("what cannot be read is named, and the rest is backed up") {
  const BackupFixture f;
  for (const char* name : {"good", "bad", "dir/inside", "locked/inside"})
    write_file(f.source(name), name);
  write_file(f.source("bad large"), std::string(9 << 20, 'x'));
  give_away(std::filesystem::path(f.fixture.path()).parent_path().string());
  give_away(f.directory.path());
  std::filesystem::permissions(f.source("bad"), std::filesystem::perms::none);
  std::filesystem::permissions(f.source("bad large"), std::filesystem::perms::none);
  std::filesystem::permissions(f.source("locked"), std::filesystem::perms::none);
  const auto result = [&] {
    const WithoutRights limited;
    return f.run();
  }();
  CHECK(result.unreadable_count == 3);
  CHECK(result.problem_count == 3);
  std::vector<std::string> names;
  for (const auto& problem : result.problems)
    names.push_back(problem.item);
  std::sort(names.begin(), names.end());
  CHECK(names ==
        std::vector<std::string>{f.source("bad"), f.source("bad large"), f.source("locked")});
  CHECK(f.listed(result.tree) == std::vector<std::string>{"dir/", "dir/inside", "good"});
  std::filesystem::permissions(f.source("locked"), std::filesystem::perms::owner_all);

  auto options = f.options();
  options.paths = {f.source("bad")};
  const WithoutRights limited;
  const auto nothing = f.run(options);
  CHECK(nothing.unreadable_count == 1);
}

TEST_CASE("a file that changes while it is read is stored whole in itself, and reported") {
  const BackupFixture f;
  const auto path = f.source("log");
  SUBCASE("it grows") {
    write_file(path, random_text(48 << 20, 1));
    std::atomic<bool> done = false;
    std::thread writer([&] {
      while (!done) {
        std::ofstream(path, std::ios::app | std::ios::binary) << "more";
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
    const auto result = f.run();
    done = true;
    writer.join();
    CHECK(result.unreadable_count == 0);
    REQUIRE(result.problems.size() == 1);
    CHECK(result.problems.front().message.find("changed while it was read") != std::string::npos);
    const auto node = f.find(result.tree, path);
    CHECK(f.content(*node).size() == node->size);
  }
  SUBCASE("it shrinks") {
    for (const std::size_t before : {std::size_t{100'000}, std::size_t{12} << 20}) {
      write_file(path, random_text(before, 2));
      const auto directory = Directory::open(f.source());
      const auto file = directory.open_file("log");
      const auto status = file.status();
      std::filesystem::resize_file(path, 70'000);
      backup::FileSource source(file, status);
      Buffer room(before + 1);
      CHECK(source.zeros_at(0) == 0);
      CHECK(source.read(0, room) == 70'000);
      CHECK(source.read(70'000, room) == 0);
    }
  }
}

TEST_CASE("a stream becomes one file") {
  const BackupFixture f;
  const auto content = random_text((37 << 20) + 11, 9);
  std::size_t at = 0;
  backup::StreamOptions options;
  options.file_name = "shop.sql";
  options.type = "command";
  options.source_name = "crm";
  options.workers = 3;
  options.read = [&](MutableByteView out) {
    const auto count = std::min({out.size(), std::size_t{64'321}, content.size() - at});
    std::memcpy(out.data(), content.data() + at, count);
    at += count;
    return count;
  };
  Progress progress;
  const auto result = backup::backup_stream(*f.repository, options, progress, {});
  CHECK(result.summary.total_bytes_processed == content.size());
  CHECK(progress.view().bytes_done == content.size());
  const auto node = f.find(result.tree, "/shop.sql");
  REQUIRE(node);
  CHECK(node->size == content.size());
  CHECK((f.content(*node) == content));
  const auto snapshot = f.repository->find_snapshot(result.snapshot->hex(), {}, {});
  CHECK(snapshot.source() == "crm");
  CHECK(snapshot.type() == "command");
  CHECK(snapshot.paths == std::vector<std::string>{"/shop.sql"});
  // The same content as a file is known already.
  write_file(f.source("shop.sql"), content);
  CHECK(f.run().summary.data_blobs == 0);
  if (BackupFixture::has_restic()) {
    f.restic({"check", "--read-data"});
    CHECK((f.restic({"dump", result.snapshot->hex(), "/shop.sql"}).output == content));
  }

  SUBCASE("one that fails leaves no snapshot") {
    options.read = [&](MutableByteView out) -> std::size_t {
      if (at == 0) throw Error(ErrorCode::kFailed, "the dump program failed");
      at = 0;
      return out.size();
    };
    CHECK(words_of([&] { (void)backup::backup_stream(*f.repository, options, progress, {}); }) ==
          "the dump program failed");
    CHECK(f.fixture.count("snapshots") == 2);
  }
  SUBCASE("a name that is no file name") {
    for (const char* name : {"", ".", "..", "a/b"}) {
      options.file_name = name;
      CHECK(code_of([&] { (void)backup::backup_stream(*f.repository, options, progress, {}); }) ==
            ErrorCode::kInvalidArgument);
    }
  }
  SUBCASE("an empty one") {
    options.read = [](MutableByteView) { return std::size_t{0}; };
    const auto empty = backup::backup_stream(*f.repository, options, progress, {});
    CHECK(f.find(empty.tree, "/shop.sql")->content.empty());
  }
}

TEST_CASE("a dry run stores nothing and says what would be") {
  const BackupFixture f;
  write_file(f.source("a"), random_text(3'000'000, 1));
  write_file(f.source("b"), random_text(20 << 20, 2));
  auto options = f.options();
  options.dry_run = true;
  const auto dry = f.run(options);
  CHECK_FALSE(dry.snapshot);
  for (const char* folder : {"data", "index", "snapshots", "locks"})
    CHECK(f.fixture.count(folder) == 0);
  const auto real = f.run();
  CHECK(dry.summary.data_blobs == real.summary.data_blobs);
  CHECK(dry.summary.files_new == 2);
  CHECK(dry.summary.data_added >= 3'000'000 + (20 << 20));
}

TEST_CASE("a run that is stopped ends soon and what it stored is used again") {
  const BackupFixture f;
  for (int i = 0; i < 300; ++i)
    write_file(f.source("f" + std::to_string(i)),
               random_text(400'000, static_cast<std::uint64_t>(i)));
  write_file(f.source("large"), random_text(60 << 20, 1'000));
  age(f.source());
  std::stop_source stop;
  Progress progress;
  std::chrono::steady_clock::time_point stopped;
  std::jthread watcher([&] {
    while (progress.view().bytes_done < 150'000'000)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stopped = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  CHECK(code_of([&] {
          (void)backup::backup_files(*f.repository, f.options(), progress, stop.get_token());
        }) == ErrorCode::kCancelled);
  watcher.join();
  // Generous: the machine may be busy. That not all was read is what matters.
  CHECK(std::chrono::steady_clock::now() - stopped < std::chrono::seconds(20));
  CHECK(progress.view().bytes_done < 300 * 400'000 + (60 << 20));
  CHECK(f.fixture.count("snapshots") == 0);
  CHECK(f.fixture.count("locks") == 0);
  const auto reopened = f.fixture.open();
  Progress again;
  const auto result = backup::backup_files(*reopened, f.options(), again, {});
  CHECK(result.summary.data_added < 175'000'000);  // Packs that waited were dropped.
  f.judge(result);
}

TEST_CASE("whatever operation of the store fails, the repository stays whole") {
  const BackupFixture f;
  for (int i = 0; i < 20; ++i)
    write_file(f.source("f" + std::to_string(i)), std::to_string(i));
  write_file(f.source("large"), random_text(20 << 20, 3));
  for (const auto kind : {store::Fault::Kind::kFailBefore, store::Fault::Kind::kFailAfter}) {
    for (std::uint64_t failing = 1, done = false; !done; ++failing) {
      CAPTURE(failing);
      const RepositoryFixture target;
      (void)target.create();
      auto environment = target.environment();
      std::atomic<bool> armed = false;
      std::atomic<std::uint64_t> count = 0;
      environment.store = store::make_fault_store(
          environment.store, [&](std::uint64_t, std::string_view, std::string_view) {
            const bool now = armed && ++count == failing;
            return store::Fault{now ? kind : store::Fault::Kind::kNone, ErrorCode::kFailed};
          });
      const auto repository = repo::Repository::open(environment, target.secret, {});
      armed = true;
      Progress progress;
      std::optional<SnapshotId> saved;
      try {
        saved = backup::backup_files(*repository, f.options(), progress, {}).snapshot;
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::kFailed);
      }
      armed = false;
      done = count < failing;
      // What is there is whole: every snapshot's blobs are indexed and load.
      const auto after = target.open();
      after->load_index({});
      const auto snapshots = after->snapshots({}, {});
      if (saved) CHECK(snapshots.size() == 1);
      for (const auto& snapshot : snapshots) {
        std::vector<BlobId> trees = {snapshot.tree};
        while (!trees.empty()) {
          const auto nodes = after->load_tree(trees.back(), {});
          trees.pop_back();
          for (const auto& node : nodes) {
            if (!node.subtree.is_null()) trees.push_back(node.subtree);
            for (const auto& id : node.content)
              (void)after->load_blob({repo::BlobType::kData, id}, {});
          }
        }
      }
      if (!BackupFixture::has_restic()) continue;
      ProcessRequest unlock;
      unlock.command = {"restic", "--no-cache", "--repo", target.path(), "unlock", "--remove-all"};
      unlock.environment["RESTIC_PASSWORD_FILE"] = target.key_file();
      CHECK(run_process(unlock, {}).exit_code == 0);
      ProcessRequest check = unlock;
      check.command = {"restic", "--no-cache", "--repo", target.path(), "check", "--read-data"};
      const auto checked = run_process(check, {});
      INFO(checked.output);
      INFO(checked.error_output);
      CHECK(checked.exit_code == 0);
    }
  }
}
