#include "repo/repository.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "crypto/sha256.hpp"
#include "repo/blob_writer.hpp"
#include "repo/key.hpp"
#include "repo/repository_fixture.hpp"
#include "store/fault_store.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

namespace fs = std::filesystem;

Snapshot snapshot_at(std::int64_t seconds, const std::string& host = "h") {
  Snapshot snapshot;
  snapshot.time = {seconds, 0};
  snapshot.tree = BlobId::from_hex(std::string(64, '3'));
  snapshot.paths = {"/p"};
  snapshot.hostname = host;
  return snapshot;
}

void flip_byte(const fs::path& path, std::streamoff at) {
  fs::permissions(path, fs::perms::owner_all);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
}

fs::path only_file(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) return entry.path();
  FAIL("no file in " << folder);
  return {};
}

/// Counts reads, and can fail or tell of chosen operations.
struct WatchedStore {
  explicit WatchedStore(const test::RepositoryFixture& fixture)
      : store(store::make_fault_store(
            fixture.environment().store,
            [this](std::uint64_t, std::string_view what, std::string_view name) {
              if (what == "read" || what == "read_range") ++reads;
              return decide ? decide(what, name) : store::Fault{};
            })) {}
  std::atomic<int> reads = 0;
  std::function<store::Fault(std::string_view, std::string_view)> decide;
  store::StorePointer store;
};

}  // namespace

TEST_CASE("a repository is made, opened, and never made twice") {
  const test::RepositoryFixture fixture;
  CHECK(test::code_of([&] { (void)fixture.open(); }) == ErrorCode::kNoRepository);
  const auto made = fixture.create();
  CHECK(made->config().version == 2);
  CHECK(made->config().id.size() == 64);
  CHECK(made->config().polynomial.is_irreducible());
  const auto opened = fixture.open();
  CHECK(opened->config().id == made->config().id);
  CHECK(opened->config().polynomial.bits == made->config().polynomial.bits);
  CHECK(opened->master_key().encrypt == made->master_key().encrypt);
  CHECK(test::code_of([&] { (void)fixture.create(); }) == ErrorCode::kAlreadyExists);
  CHECK(fixture.count("keys") == 1);
}

TEST_CASE("a wrong secret is told from a missing repository") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  CHECK(test::code_of([&] {
          (void)Repository::open(fixture.environment(), Secret("wrong"), {});
        }) == ErrorCode::kWrongKey);
}

TEST_CASE("any of several keys opens") {
  const test::RepositoryFixture fixture;
  const auto made = fixture.create();
  const Secret second("pra-key-second", true);
  (void)add_key_file(made->store(), made->master_key(), second, made->clock().now(), {});
  const auto opened = Repository::open(fixture.environment(), second, {});
  CHECK(opened->config().id == made->config().id);
  CHECK(fixture.open()->config().id == made->config().id);
}

TEST_CASE("a damaged key file does not hide a good one") {
  const test::RepositoryFixture fixture;
  const auto made = fixture.create();
  made->store().create("keys/" + std::string(64, '0'), as_bytes("garbage"), {});
  const std::string costly =
      R"({"created":"2023-01-01T00:00:00Z","username":"","hostname":"","kdf":"scrypt",)"
      R"("N":1073741824,"r":1000,"p":1000,"salt":"","data":""})";
  made->store().create("keys/" + crypto::sha256(as_bytes(costly)).hex(), as_bytes(costly), {});
  CHECK(fixture.open()->config().id == made->config().id);
}

TEST_CASE("a typed password opens, too") {
  const test::RepositoryFixture fixture;
  const Secret typed("correct horse battery staple");
  (void)Repository::create(fixture.environment(), typed, {});
  CHECK_NOTHROW((void)Repository::open(fixture.environment(), typed, {}));
}

TEST_CASE("an interrupted creation is taken up again") {
  const test::RepositoryFixture fixture;
  WatchedStore watched(fixture);
  watched.decide = [](std::string_view what, std::string_view name) {
    return store::Fault{what == "create" && name == "config" ? store::Fault::Kind::kFailBefore
                                                             : store::Fault::Kind::kNone,
                        ErrorCode::kFailed};
  };
  Environment environment = fixture.environment();
  environment.store = watched.store;
  CHECK(test::code_of([&] { (void)Repository::create(environment, fixture.secret, {}); }) ==
        ErrorCode::kFailed);
  CHECK(fixture.count("keys") == 1);
  // Somebody else's secret must not end in a repository with two master keys.
  CHECK(test::code_of([&] {
          (void)Repository::create(fixture.environment(), Secret("other"), {});
        }) == ErrorCode::kAlreadyExists);
  const auto made = fixture.create();
  CHECK(fixture.count("keys") == 1);
  CHECK(fixture.open()->config().id == made->config().id);
}

TEST_CASE("of two who make the same repository at once, one does, and no key is left over") {
  const test::RepositoryFixture fixture;
  WatchedStore watched(fixture);
  bool raced = false;
  watched.decide = [&](std::string_view what, std::string_view name) {
    if (what == "create" && name == "config" && !std::exchange(raced, true))
      (void)Repository::open(
          [&] {
            // The other one, with a key of its own.
            auto environment = fixture.environment();
            const auto master = crypto::EnvelopeKey::generate();
            (void)add_key_file(*environment.store, master, Secret("other", true), {}, {});
            Buffer sealed;
            crypto::Envelope(master).seal(as_bytes(R"({"version":2,"id":")" + std::string(64, '7') +
                                                   R"(","chunker_polynomial":"3da3358b4dc173"})"),
                                          sealed);
            environment.store->create("config", sealed, {});
            return environment;
          }(),
          Secret("other", true), {});
    return store::Fault{};
  };
  Environment environment = fixture.environment();
  environment.store = watched.store;
  CHECK(test::code_of([&] { (void)Repository::create(environment, fixture.secret, {}); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(raced);
  CHECK(fixture.count("keys") == 1);
}

TEST_CASE("formats and polynomials that we do not know are refused") {
  const auto open_with = [](const std::string& config) {
    const test::RepositoryFixture fixture;
    const auto made = fixture.create();
    Buffer sealed;
    crypto::Envelope(made->master_key()).seal(as_bytes(config), sealed);
    made->store().remove("config", {});
    made->store().create("config", sealed, {});
    return test::code_of([&] { (void)fixture.open(); });
  };
  const std::string id = "\"id\":\"" + std::string(64, '7') + "\",";
  CHECK_FALSE(open_with("{\"version\":1," + id + "\"chunker_polynomial\":\"3da3358b4dc173\"}"));
  CHECK(open_with("{\"version\":3," + id + "\"chunker_polynomial\":\"3da3358b4dc173\"}") ==
        ErrorCode::kUnsupported);
  CHECK(open_with("{\"version\":2," + id + "\"chunker_polynomial\":\"3da3358b4dc172\"}") ==
        ErrorCode::kCorrupt);
  CHECK(open_with("{\"version\":2,\"id\":\"../x\",\"chunker_polynomial\":\"3da3358b4dc173\"}") ==
        ErrorCode::kCorrupt);
  CHECK(open_with("{}") == ErrorCode::kCorrupt);
}

TEST_CASE("a damaged config is damage, not a wrong key") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  flip_byte(fs::path(fixture.path()) / "config", 20);
  CHECK(test::code_of([&] { (void)fixture.open(); }) == ErrorCode::kCorrupt);
}

TEST_CASE("unpacked files come back, and damage is found") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  const std::string text = R"({"time":")" + std::string(5000, 'x') + "\"}";
  const std::string hex = repository->write_file(FileKind::kSnapshot, text, {}).hex();
  CHECK(as_text(repository->read_file(FileKind::kSnapshot, hex, {})) == text);
  CHECK(fs::file_size(fs::path(fixture.path()) / "snapshots" / hex) < 200);  // compressed
  const auto listed = repository->list_files(FileKind::kSnapshot, {});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].hex == hex);
  flip_byte(fs::path(fixture.path()) / "snapshots" / hex, 3);
  CHECK(test::code_of([&] { (void)repository->read_file(FileKind::kSnapshot, hex, {}); }) ==
        ErrorCode::kCorrupt);
  repository->remove_file(FileKind::kSnapshot, hex, {});
  CHECK(test::code_of([&] { (void)repository->read_file(FileKind::kSnapshot, hex, {}); }) ==
        ErrorCode::kNotFound);
}

TEST_CASE("a file that says it is huge when unpacked is refused") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  const std::string bomb(3 << 20, ' ');  // a lock is never larger than a mebibyte
  const std::string hex = repository->write_file(FileKind::kLock, bomb, {}).hex();
  CHECK(test::code_of([&] { (void)repository->read_file(FileKind::kLock, hex, {}); }) ==
        ErrorCode::kCorrupt);
}

TEST_CASE("plain JSON is read in version 2, and files of other names are ignored") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  Buffer sealed;
  crypto::Envelope(repository->master_key()).seal(as_bytes("{\"a\":1}"), sealed);
  const std::string hex = crypto::sha256(sealed).hex();
  repository->store().create("snapshots/" + hex, sealed, {});
  CHECK(as_text(repository->read_file(FileKind::kSnapshot, hex, {})) == "{\"a\":1}");
  repository->store().create("snapshots/README", sealed, {});
  repository->store().create("snapshots/sub/" + hex, sealed, {});
  CHECK(repository->list_files(FileKind::kSnapshot, {}).size() == 1);
}

TEST_CASE("snapshots are listed oldest first and found by id, prefix and latest") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  CHECK(test::code_of([&] { (void)repository->find_snapshot("latest", {}, {}); }) ==
        ErrorCode::kNotFound);
  std::vector<SnapshotId> ids;
  for (std::int64_t i = 0; i < 40; ++i)
    ids.push_back(repository->save_snapshot(
        snapshot_at(1'700'000'000 + (i * 7) % 40, i == 3 ? "x" : "h"), {}));
  const auto all = repository->snapshots({}, {});
  REQUIRE(all.size() == 40);
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const Snapshot& a, const Snapshot& b) { return a.time < b.time; }));
  CHECK(repository->find_snapshot("latest", {}, {}).time.seconds == 1'700'000'039);
  CHECK(repository->find_snapshot("latest", {"x", "", {}, {}}, {}).id == ids[3]);
  CHECK(test::code_of([&] {
          (void)repository->find_snapshot("latest", {"none", "", {}, {}}, {});
        }) == ErrorCode::kNotFound);
  CHECK(repository->find_snapshot(ids[5].hex(), {}, {}).id == ids[5]);
  CHECK(repository->find_snapshot(ids[5].hex().substr(0, 12), {}, {}).id == ids[5]);
  // 40 ids and 16 digits: some digit begins several.
  std::size_t ambiguous = 0;
  for (const char digit : std::string("0123456789abcdef"))
    if (test::code_of([&] { (void)repository->find_snapshot(std::string(1, digit), {}, {}); }) ==
        ErrorCode::kInvalidArgument)
      ++ambiguous;
  CHECK(ambiguous > 0);
  CHECK(test::code_of([&] { (void)repository->find_snapshot("no hex", {}, {}); }) ==
        ErrorCode::kInvalidArgument);
  CHECK(test::code_of([&] { (void)repository->find_snapshot("", {}, {}); }) ==
        ErrorCode::kInvalidArgument);
  std::string unknown = ids[0].hex();
  unknown[63] = unknown[63] == '0' ? '1' : '0';
  const auto find = [&] { (void)repository->find_snapshot(unknown, {}, {}); };
  CHECK(test::code_of(find) == ErrorCode::kNotFound);
  CHECK(test::words_of(find).find(all.back().id.short_hex()) != std::string::npos);
  CHECK(test::code_of([&] { (void)repository->save_snapshot(Snapshot{}, {}); }) ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("a damaged snapshot is left out and named") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  const auto good = repository->save_snapshot(snapshot_at(1), {});
  const auto bad = repository->save_snapshot(snapshot_at(2), {});
  flip_byte(fs::path(fixture.path()) / "snapshots" / bad.hex(), 50);
  std::vector<std::string> damaged;
  const auto found = repository->snapshots({}, {}, &damaged);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == good);
  CHECK(damaged == std::vector{bad.hex()});
}

TEST_CASE("blobs are loaded from any good copy") {
  const test::RepositoryFixture fixture;
  BlobHandle blob;
  {
    const auto repository = fixture.create();
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    blob = {BlobType::kData, worker.save(BlobType::kData, as_bytes("once upon a time"))};
    writer.finish();
    CHECK(as_text(repository->load_blob(blob, {})) == "once upon a time");
  }
  const auto first_pack = only_file(fs::path(fixture.path()) / "data");
  {
    // Somebody who did not see the first index stores it again.
    const auto index_file = only_file(fs::path(fixture.path()) / "index");
    const auto aside = fs::path(fixture.path()).parent_path() / "aside";
    fs::rename(index_file, aside);
    const auto repository = fixture.open();
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes("once upon a time"));
    writer.finish();
    fs::rename(aside, index_file);
  }
  flip_byte(first_pack, 20);
  {
    const auto repository = fixture.open();
    repository->load_index({});
    CHECK(repository->index().find_all(blob).size() == 2);
    CHECK(as_text(repository->load_blob(blob, {})) == "once upon a time");
    CHECK(test::code_of([&] {
            (void)repository->load_blob({BlobType::kTree, blob.id}, {});
          }) == ErrorCode::kNotFound);
  }
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(fixture.path()) / "data"))
    if (entry.is_regular_file() && entry.path() != first_pack) fs::remove(entry.path());
  const auto repository = fixture.open();
  repository->load_index({});
  CHECK(test::code_of([&] { (void)repository->load_blob(blob, {}); }) == ErrorCode::kCorrupt);
}

TEST_CASE("a damaged index file is an error, or named where asked for") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  for (const char* text : {"one", "two"}) {
    const auto repository = fixture.open();
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes(text));
    writer.finish();
  }
  const auto broken = only_file(fs::path(fixture.path()) / "index");
  flip_byte(broken, 40);
  CHECK(test::code_of([&] { fixture.open()->load_index({}); }) == ErrorCode::kCorrupt);
  std::vector<std::string> damaged;
  const auto repository = fixture.open();
  repository->load_index({}, &damaged);
  CHECK(damaged == std::vector{broken.filename().string()});
  CHECK(repository->index().blob_count() == 1);
}

TEST_CASE("an index that is replaced while it is read is read anew") {
  const test::RepositoryFixture fixture;
  std::string old_index;
  {
    const auto repository = fixture.create();
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes("blob"));
    writer.finish();
    old_index = repository->list_files(FileKind::kIndex, {}).front().hex;
  }
  WatchedStore watched(fixture);
  bool replaced = false;
  watched.decide = [&](std::string_view what, std::string_view name) {
    if (what == "read" && name.starts_with("index/") && !std::exchange(replaced, true)) {
      const auto other = fixture.open();
      const Buffer text = other->read_file(FileKind::kIndex, old_index, {});
      (void)other->write_file(FileKind::kIndex, as_text(text), {});
      other->remove_file(FileKind::kIndex, old_index, {});
    }
    return store::Fault{};
  };
  Environment environment = fixture.environment();
  environment.store = watched.store;
  const auto repository = Repository::open(environment, fixture.secret, {});
  repository->load_index({});
  CHECK(replaced);
  CHECK(repository->index().blob_count() == 1);
}

TEST_CASE("the cache saves reads, is checked, and may vanish at any time") {
  const test::RepositoryFixture fixture;
  SnapshotId id;
  {
    const auto repository = fixture.create();
    id = repository->save_snapshot(snapshot_at(1), {});
    (void)repository->save_snapshot(snapshot_at(2), {});
  }
  WatchedStore watched(fixture);
  Environment environment = fixture.environment();
  environment.store = watched.store;
  environment.cache_directory = fixture.cache();
  const auto repository = Repository::open(environment, fixture.secret, {});
  const auto reads_for_listing = [&] {
    const int before = watched.reads;
    CHECK(repository->snapshots({}, {}).size() == 2);
    return watched.reads - before;
  };
  const fs::path folder = fs::path(fixture.cache()) / repository->config().id / "snapshots";
  CHECK(reads_for_listing() == 2);
  CHECK(reads_for_listing() == 0);

  flip_byte(folder / id.hex(), 10);
  CHECK(reads_for_listing() == 1);
  CHECK(reads_for_listing() == 0);
  fs::remove_all(fixture.cache());
  CHECK(reads_for_listing() == 2);

  std::ofstream(folder / std::string(64, 'f')) << "of a snapshot that was forgotten";
  std::ofstream(folder / "new-left-over-by-a-crash") << "x";
  std::ofstream(folder / "new-being-written-now") << "x";
  fs::last_write_time(folder / "new-left-over-by-a-crash",
                      fs::file_time_type::clock::now() - std::chrono::hours(48));
  CHECK(reads_for_listing() == 0);
  CHECK_FALSE(fs::exists(folder / std::string(64, 'f')));
  CHECK_FALSE(fs::exists(folder / "new-left-over-by-a-crash"));
  CHECK(fs::exists(folder / "new-being-written-now"));

  // Nothing can be written where a file is in the way: the operation goes on.
  fs::remove_all(fixture.cache());
  std::ofstream(fixture.cache()) << "in the way";
  CHECK(reads_for_listing() == 2);
}

TEST_CASE("a local repository needs no cache") {
  const test::RepositoryFixture fixture;
  Environment environment = fixture.environment();
  environment.cache_directory = fixture.cache();
  const auto repository = Repository::create(environment, fixture.secret, {});
  (void)repository->save_snapshot(snapshot_at(1), {});
  CHECK(repository->snapshots({}, {}).size() == 1);
  CHECK_FALSE(fs::exists(fixture.cache()));
}

TEST_CASE("a request to stop is heard") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  (void)repository->save_snapshot(snapshot_at(1), {});
  std::stop_source stopped;
  stopped.request_stop();
  const auto token = stopped.get_token();
  CHECK(test::code_of([&] { (void)repository->snapshots({}, token); }) == ErrorCode::kCancelled);
  CHECK(test::code_of([&] {
          (void)Repository::open(fixture.environment(), fixture.secret, token);
        }) == ErrorCode::kCancelled);
}
