// The real restic, where it is installed, as the judge of what we write and the writer of what we
// read.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "base/process.hpp"
#include "repo/blob_writer.hpp"
#include "repo/lock.hpp"
#include "repo/repository_fixture.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

namespace fs = std::filesystem;

class Restic {
 public:
  explicit Restic(const test::RepositoryFixture& fixture) : fixture_(fixture) {}

  [[nodiscard]] static bool is_installed() {
    ProcessRequest request;
    request.command = {"restic", "version"};
    try {
      return run_process(request, {}).exit_code == 0;
    } catch (const Error&) {
      MESSAGE("restic is not installed");
      return false;
    }
  }

  [[nodiscard]] ProcessResult run(const std::vector<std::string>& arguments) const {
    ProcessRequest request;
    request.command = {"restic", "--no-cache", "--repo", fixture_.path()};
    request.command.insert(request.command.end(), arguments.begin(), arguments.end());
    request.environment["RESTIC_PASSWORD_FILE"] = fixture_.key_file();
    request.environment["TZ"] = "UTC";
    request.output_limit = 64 << 20;
    return run_process(request, {});
  }
  std::string operator()(const std::vector<std::string>& arguments) const {
    const ProcessResult result = run(arguments);
    CHECK_MESSAGE(result.exit_code == 0, result.output << result.error_output);
    return result.output;
  }

 private:
  const test::RepositoryFixture& fixture_;
};

Buffer pattern(std::size_t size, std::uint32_t seed, bool random) {
  Buffer out(size);
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& byte : out) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(random ? state >> 24 : (state >> 28) + 'a');
  }
  return out;
}

Node file_node(const std::string& name, std::vector<BlobId> content, std::uint64_t size) {
  Node node;
  node.name = name;
  node.mode = 0644;
  node.modified = node.accessed = node.changed = {1'700'000'000, 123'456'789};
  node.inode = 7;
  node.links = 1;
  node.user = "root";
  node.group = "root";
  node.size = size;
  node.content = std::move(content);
  return node;
}

/// A tree with awkward names, types and times for restic to back up.
void make_source(const fs::path& root) {
  const auto write = [](const fs::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  };
  fs::create_directories(root / "empty");
  fs::create_directories(root / "sub/deeper");
  write(root / "zero", "");
  write(root / "text", std::string(100'000, 'x'));
  write(root / "sub/random", as_text(pattern(3'000'000, 5, true)));
  write(root / "sub/deeper/again", std::string(100'000, 'x'));
  for (const char* name :
       {"\xff\xfe", "<&>", "quo\"te", "back\\slash", "new\nline", "\x7f\x01", "\xc2\xa0",
        "\xe2\x80\xa8", "caf\xc3\xa9", "\xf0\x9f\x98\x80", "\xf3\xa0\x80\x81", " leading", "a\tb"})
    write(root / name, name);
  fs::create_symlink("text", root / "link");
  fs::create_symlink("nowhere/\xc3\xa9<>", root / "dangling");
  fs::create_hard_link(root / "text", root / "hard");
  CHECK(mkfifo((root / "fifo").c_str(), 0600) == 0);
  fs::permissions(root / "zero", fs::perms::none);
  fs::permissions(root / "sub", fs::perms::all | fs::perms::sticky_bit | fs::perms::set_gid);
  fs::last_write_time(root / "text", fs::file_time_type(std::chrono::nanoseconds(1)));
}

/// Reads everything that the snapshot needs; every tree must be written again as the same bytes.
std::size_t walk(Repository& repository, const BlobId& tree) {
  const Buffer text = repository.load_blob({BlobType::kTree, tree}, {});
  const auto nodes = decode_tree(as_text(text));
  CHECK(encode_tree(nodes) == as_text(text));
  std::size_t count = nodes.size();
  for (const Node& node : nodes) {
    std::uint64_t size = 0;
    for (const BlobId& id : node.content)
      size += repository.load_blob({BlobType::kData, id}, {}).size();
    if (node.type == NodeType::kFile) CHECK(size == node.size);
    if (node.type == NodeType::kDirectory) count += walk(repository, node.subtree);
  }
  return count;
}

}  // namespace

TEST_CASE("restic checks and restores a repository that we made") {
  if (!Restic::is_installed()) return;
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 1 << 20;  // several packs
  BlobWriter writer(*repository, options, {});
  std::vector<Node> nodes;
  {
    auto worker = writer.make_worker();
    for (std::uint32_t i = 0; i < 40; ++i) {
      const Buffer content = pattern(1000 + i * 7919 * 3, i, i % 3 == 0);
      nodes.push_back(file_node("file" + std::to_string(100 + i),
                                {worker.save(BlobType::kData, content)}, content.size()));
    }
    nodes.push_back(file_node("zero", {}, 0));
    nodes.push_back(file_node("\xff<&>\xc2\xa0\"", {}, 0));
    std::sort(nodes.begin(), nodes.end(),
              [](const Node& a, const Node& b) { return a.name < b.name; });
    Snapshot snapshot;
    snapshot.tree = worker.save(BlobType::kTree, as_bytes(encode_tree(nodes)));
    writer.finish();
    snapshot.time = repository->clock().now();
    snapshot.paths = {"/data"};
    snapshot.hostname = "host";
    snapshot.username = "root";
    snapshot.tags = {"pra:source=db"};
    snapshot.summary.emplace();
    const SnapshotId id = repository->save_snapshot(snapshot, {});

    const Restic restic(fixture);
    const auto check = restic({"check", "--read-data"});
    CHECK(check.find("no errors were found") != std::string::npos);
    const auto listed = parse_json(restic({"snapshots", "--json"}), "restic");
    REQUIRE(listed.as_array().size() == 1);
    CHECK(listed.as_array()[0].as_object().at("id").as_string() == id.hex());

    const test::TemporaryDirectory target;
    restic({"restore", id.hex(), "--target", target.path()});
    for (std::uint32_t i = 0; i < 40; ++i) {
      std::ifstream in(target / ("file" + std::to_string(100 + i)), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      CHECK(content == as_text(pattern(1000 + i * 7919 * 3, i, i % 3 == 0)));
    }
    CHECK(fs::exists(target / "\xff<&>\xc2\xa0\""));
  }
  CHECK(fixture.count("data") > 2);
  const auto statistics = writer.statistics();
  CHECK(statistics.data_blobs == 40);
  CHECK(statistics.packs == fixture.count("data"));
}

TEST_CASE("what restic wrote is read, byte for byte, in formats 1 and 2, repacked too") {
  if (!Restic::is_installed()) return;
  const test::TemporaryDirectory source;
  make_source(source / "tree");
  for (const char* version : {"1", "2"}) {
    const test::RepositoryFixture fixture;
    const Restic restic(fixture);
    restic({"init", "--repository-version", version});
    restic({"backup", source / "tree", "--tag", "one,two"});
    std::ofstream(source / "tree/more") << version;
    restic({"backup", source / "tree", "--exclude", "*.tmp"});
    for (const bool pruned : {false, true}) {
      if (pruned) restic({"forget", "--keep-last", "1", "--prune", "--max-unused", "0"});
      const auto repository = fixture.open();
      CHECK(repository->config().version == static_cast<unsigned>(version[0] - '0'));
      const auto snapshots = repository->snapshots({}, {});
      REQUIRE(snapshots.size() == (pruned ? 1 : 2));
      repository->load_index({});
      for (const Snapshot& snapshot : snapshots)
        CHECK(walk(*repository, snapshot.tree) > 20);
      CHECK(snapshots.back().excludes == std::vector<std::string>{"*.tmp"});
      CHECK(snapshots.back().paths == std::vector<std::string>{source / "tree"});
      if (!pruned) CHECK(snapshots[0].tags == std::vector<std::string>{"one", "two"});
      // Our JSON of its snapshot is its JSON.
      const Buffer text = repository->read_file(FileKind::kSnapshot, snapshots.back().id.hex(), {});
      CHECK(encode_snapshot(snapshots.back()) == as_text(text));
    }
    const auto repository = fixture.open();
    if (version[0] == '1')
      CHECK(test::code_of([&] { BlobWriter(*repository, {}, {}); }) == ErrorCode::kUnsupported);
    CHECK_NOTHROW(Lock(*repository, LockMode::kShared, {}, {}));
    restic({"check"});
    fs::remove(source / "tree/more");
  }
}

TEST_CASE("restic continues where we ended, and we where it did") {
  if (!Restic::is_installed()) return;
  const test::TemporaryDirectory source;
  make_source(source / "tree");
  const test::RepositoryFixture fixture;
  const Restic restic(fixture);
  (void)fixture.create();
  restic({"backup", source / "tree"});
  const auto packs = fixture.count("data");
  {
    const auto repository = fixture.open();
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    // Chunks and trees that restic stored are known to us.
    const auto snapshot = repository->find_snapshot("latest", {}, {});
    const Buffer tree = repository->load_blob({BlobType::kTree, snapshot.tree}, {});
    CHECK(worker.save(BlobType::kTree, tree) == snapshot.tree);
    (void)worker.save(BlobType::kData, as_bytes(std::string(100'000, 'x')));
    writer.finish();
    CHECK(writer.statistics().data_blobs + writer.statistics().tree_blobs == 0);
  }
  CHECK(fixture.count("data") == packs);
  restic({"check", "--read-data"});
  restic({"forget", "latest", "--prune", "--keep-last", "1"});
}

TEST_CASE("restic respects our locks, we respect restic's, and its probe does not kill us") {
  if (!Restic::is_installed()) return;
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  const Restic restic(fixture);
  {
    const Lock lock(*repository, LockMode::kExclusive, {}, {});
    CHECK(restic.run({"check"}).exit_code != 0);
    // Sends SIGHUP to this process, finds it alive, and keeps the lock.
    restic({"unlock"});
    CHECK(fixture.count("locks") == 1);
    CHECK(restic.run({"snapshots"}).exit_code != 0);
  }
  restic({"check"});
  {
    const Lock lock(*repository, LockMode::kShared, {}, {});
    restic({"snapshots"});
  }
  LockInfo stale;
  stale.time = repository->clock().now().plus(-std::chrono::hours(1));
  stale.hostname = "elsewhere";
  stale.pid = 1;
  (void)repository->write_file(FileKind::kLock, encode_lock(stale), {});
  restic({"unlock"});
  CHECK(fixture.count("locks") == 0);
}
