#include "repo/blob_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "crypto/random.hpp"
#include "repo/pack.hpp"
#include "repo/repository_fixture.hpp"
#include "store/fault_store.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

std::string text_of(std::size_t size, std::size_t seed) {
  std::string out;
  while (out.size() < size)
    out += "line " + std::to_string(seed + out.size()) + " of some text\n";
  out.resize(size);
  return out;
}

/// Opens the fixture's repository through a store whose operations `decide` may fail.
std::shared_ptr<Repository> open_with(const test::RepositoryFixture& fixture,
                                      store::FaultDecision decide) {
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(environment.store, std::move(decide));
  return Repository::open(environment, fixture.secret, {});
}

store::Fault failing(bool fails, ErrorCode code = ErrorCode::kNoSpace) {
  return {fails ? store::Fault::Kind::kFailBefore : store::Fault::Kind::kNone, code};
}

/// Everything that the index files name is there, in the pack's own header, and opens.
std::size_t check_all(const test::RepositoryFixture& fixture) {
  const auto repository = fixture.open();
  repository->load_index({});
  std::size_t count = 0;
  crypto::Envelope envelope(repository->master_key());
  std::set<PackId> packs;
  repository->index().for_each([&](const BlobHandle& blob, const BlobLocation& location) {
    CHECK_NOTHROW((void)repository->load_blob(blob, {}));
    packs.insert(location.pack);
    ++count;
  });
  for (const PackId& id : packs) {
    const Buffer bytes = repository->store().read(object_name(FileKind::kPack, id.hex()), {});
    std::size_t needed = 0;
    const auto entries = read_pack_header(bytes, bytes.size(), envelope, needed);
    REQUIRE(entries);
    for (const auto& entry : *entries) {
      const auto places = repository->index().find_all(entry.blob);
      CHECK(std::any_of(places.begin(), places.end(), [&](const BlobLocation& place) {
        return place.pack == id && place.offset == entry.offset && place.length == entry.length &&
               place.uncompressed_length == entry.uncompressed_length;
      }));
    }
  }
  return count;
}

}  // namespace

TEST_CASE("what many threads save is stored once and comes back") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 256 * 1024;
  BlobWriter writer(*repository, options, {});
  constexpr std::size_t kThreads = 6;
  constexpr std::size_t kBlobs = 300;
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      auto worker = writer.make_worker();
      for (std::size_t i = 0; i < kBlobs; ++i) {
        const std::size_t number = (i + t * 50) % kBlobs;  // all save all, in other orders
        const auto type = number % 10 == 0 ? BlobType::kTree : BlobType::kData;
        (void)worker.save(type, as_bytes(text_of(200 + number * 41, number)));
      }
    });
  threads.clear();
  writer.finish();
  const auto statistics = writer.statistics();
  CHECK(statistics.data_blobs == kBlobs * 9 / 10);
  CHECK(statistics.tree_blobs == kBlobs / 10);
  CHECK(statistics.data_added > statistics.data_added_packed);
  CHECK(statistics.packs == fixture.count("data"));
  CHECK(fixture.count("index") == 1);
  CHECK(check_all(fixture) == kBlobs);

  // All of it is known to the next writer.
  const auto again = fixture.open();
  BlobWriter second(*again, options, {});
  auto worker = second.make_worker();
  for (std::size_t number = 0; number < kBlobs; ++number)
    if (number % 10 != 0)
      (void)worker.save(BlobType::kData, as_bytes(text_of(200 + number * 41, number)));
  second.finish();
  CHECK(second.statistics().data_blobs == 0);
  CHECK(fixture.count("index") == 1);
}

TEST_CASE("data and trees lie in packs of their own, few and full") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 128 * 1024;
  BlobWriter writer(*repository, options, {});
  std::vector<BlobWriter::Worker> workers;
  for (int i = 0; i < 4; ++i)
    workers.push_back(writer.make_worker());
  for (std::size_t i = 0; i < 400; ++i) {
    const Buffer content = crypto::random_bytes(4096);
    (void)workers[i % 4].save(i % 20 == 0 ? BlobType::kTree : BlobType::kData, content);
  }
  writer.finish();
  // 380 · 4 KiB of data make 12 packs of 128 KiB; 20 trees one.
  CHECK(fixture.count("data") == 13);
  std::set<std::pair<PackId, BlobType>> kinds;
  std::set<PackId> packs;
  repository->index().for_each([&](const BlobHandle& blob, const BlobLocation& location) {
    kinds.emplace(location.pack, blob.type);
    packs.insert(location.pack);
  });
  CHECK(kinds.size() == packs.size());
}

TEST_CASE("what does not compress is stored as it is, all the same") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriter writer(*repository, {}, {});
  auto worker = writer.make_worker();
  const Buffer random = crypto::random_bytes(300'000);
  const Buffer small = crypto::random_bytes(100);
  // Looks random to a histogram, and is not.
  Buffer repeated;
  for (int i = 0; i < 50; ++i)
    append(repeated, ByteView(random).first(6000));
  const BlobHandle blobs[] = {
      {BlobType::kData, worker.save(BlobType::kData, random)},
      {BlobType::kData, worker.save(BlobType::kData, small)},
      {BlobType::kData, worker.save(BlobType::kData, {})},
      {BlobType::kData, worker.save(BlobType::kData, as_bytes(text_of(300'000, 1)))}};
  writer.finish();
  CHECK(repository->index().find(blobs[0])->length == 300'032);
  CHECK(repository->index().find(blobs[1])->uncompressed_length == 0);
  CHECK(repository->index().find(blobs[2])->length == 32);
  CHECK(repository->index().find(blobs[3])->length < 100'000);
  CHECK(repository->load_blob(blobs[0], {}) == random);
  CHECK(repository->load_blob(blobs[2], {}).empty());
}

TEST_CASE("a blob larger than a pack gets a pack of its own") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 64 * 1024;
  BlobWriter writer(*repository, options, {});
  auto worker = writer.make_worker();
  const Buffer small = crypto::random_bytes(100);
  const Buffer large = crypto::random_bytes(3'000'000);
  (void)worker.save(BlobType::kData, small);
  const BlobHandle blob{BlobType::kData, worker.save(BlobType::kData, large)};
  (void)worker.save(BlobType::kData, crypto::random_bytes(100));
  writer.finish();
  CHECK(fixture.count("data") == 3);
  CHECK(repository->load_blob(blob, {}) == large);
}

TEST_CASE("a dry run counts and stores nothing") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.dry_run = true;
  BlobWriter writer(*repository, options, {});
  auto worker = writer.make_worker();
  (void)worker.save(BlobType::kData, as_bytes("a"));
  (void)worker.save(BlobType::kData, as_bytes("a"));
  (void)worker.save(BlobType::kTree, as_bytes("a"));
  writer.finish();
  CHECK(writer.statistics().data_blobs == 1);
  CHECK(writer.statistics().tree_blobs == 1);
  CHECK(writer.statistics().data_added == 2);
  CHECK(fixture.count("data") == 0);
  CHECK(fixture.count("index") == 0);
}

TEST_CASE("an index is written every 50,000 blobs, of whole packs that are durable") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  std::mutex mutex;
  std::set<std::string> durable_packs;
  const auto repository = open_with(fixture, [](auto, auto, auto) { return store::Fault{}; });
  BlobWriterOptions options;
  options.pack_size = 512 * 1024;
  BlobWriter writer(*repository, options, {});
  auto worker = writer.make_worker();
  for (std::uint32_t i = 0; i < 60'000; ++i) {
    Buffer content;
    append_u32_le(content, i);
    (void)worker.save(BlobType::kData, content);
  }
  writer.finish();
  CHECK(fixture.count("index") == 2);
  CHECK(check_all(fixture) == 60'000);
}

TEST_CASE("whichever operation fails, the failure is told and nothing half is indexed") {
  bool fired = true;
  for (std::uint64_t fail_at = 1; fired; ++fail_at) {
    REQUIRE(fail_at < 100);
    const test::RepositoryFixture fixture;
    (void)fixture.create();
    std::atomic<bool> armed = false;
    std::atomic<std::uint64_t> operations = 0;
    const auto repository = open_with(fixture, [&](auto, std::string_view what, auto) {
      return failing(armed && what == "create" && ++operations == fail_at);
    });
    armed = true;
    fired = false;
    {
      BlobWriterOptions options;
      options.pack_size = 64 * 1024;
      BlobWriter writer(*repository, options, {});
      const auto run = [&] {
        auto worker = writer.make_worker();
        for (std::size_t i = 0; i < 60; ++i)
          (void)worker.save(BlobType::kData, crypto::random_bytes(10'000));
        writer.finish();
      };
      const auto code = test::code_of(run);
      fired = operations >= fail_at;
      CHECK(code == (fired ? std::optional(ErrorCode::kNoSpace) : std::nullopt));
      if (fired) {
        auto worker = writer.make_worker();
        CHECK(test::code_of([&] { (void)worker.save(BlobType::kData, as_bytes("more")); }) ==
              ErrorCode::kNoSpace);
      }
    }
    armed = false;
    const std::size_t indexed = check_all(fixture);
    CHECK(indexed == (fired ? 0 : 60));
  }
}

TEST_CASE("all threads hear of a failure, those that wait for room too") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  std::mutex mutex;
  std::condition_variable released;
  bool release = false;
  const auto repository =
      open_with(fixture, [&](auto, std::string_view what, std::string_view name) {
        if (what != "create" || !name.starts_with("data/")) return store::Fault{};
        std::unique_lock lock(mutex);
        released.wait(lock, [&] { return release; });
        return failing(true);
      });
  BlobWriterOptions options;
  options.pack_size = 64 * 1024;
  BlobWriter writer(*repository, options, {});
  std::atomic<int> failed = 0;
  std::atomic<std::uint64_t> saved = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto worker = writer.make_worker();
      const auto code = test::code_of([&] {
        while (true) {
          (void)worker.save(BlobType::kData, crypto::random_bytes(8192));
          ++saved;
        }
      });
      if (code == ErrorCode::kNoSpace) ++failed;
    });
  // Nothing is written: the writer must stop taking more than its packs hold.
  std::uint64_t before = 0;
  do {
    before = saved;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  } while (saved != before);
  CHECK(saved * 8192 <= (2 + 3) * options.pack_size * 9 / 8);
  {
    const std::scoped_lock lock(mutex);
    release = true;
    released.notify_all();
  }
  threads.clear();
  CHECK(failed == 4);
  CHECK(test::code_of([&] { writer.finish(); }) == ErrorCode::kNoSpace);
}

TEST_CASE("an interrupted run leaves an index of what is durable") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  std::stop_source stop;
  std::vector<Buffer> contents;
  for (int i = 0; i < 40; ++i)
    contents.push_back(crypto::random_bytes(10'000));
  BlobWriterOptions options;
  options.pack_size = 64 * 1024;
  {
    BlobWriter writer(*repository, options, stop.get_token());
    auto worker = writer.make_worker();
    for (const Buffer& content : contents)
      (void)worker.save(BlobType::kData, content);
    while (writer.statistics().packs < 4)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop.request_stop();
    CHECK(test::code_of([&] { (void)worker.save(BlobType::kData, as_bytes("x")); }) ==
          ErrorCode::kCancelled);
    CHECK(test::code_of([&] { writer.finish(); }) == ErrorCode::kCancelled);
  }
  CHECK(fixture.count("index") == 1);
  CHECK(check_all(fixture) >= 4 * 6);
  const auto again = fixture.open();
  BlobWriter writer(*again, options, {});
  auto worker = writer.make_worker();
  for (const Buffer& content : contents)
    (void)worker.save(BlobType::kData, content);
  writer.finish();
  CHECK(writer.statistics().data_blobs <= 40 - 4 * 6);
  CHECK(check_all(fixture) == 40);
}

TEST_CASE("without finish and without failure the durable packs are indexed") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  {
    BlobWriterOptions options;
    options.pack_size = 64 * 1024;
    BlobWriter writer(*repository, options, {});
    auto worker = writer.make_worker();
    for (int i = 0; i < 20; ++i)
      (void)worker.save(BlobType::kData, crypto::random_bytes(10'000));
    while (writer.statistics().packs == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(check_all(fixture) > 0);
}

TEST_CASE("what a failed writer stored is indexed by the next one that relies on it") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  std::atomic<bool> broken = true;
  const auto repository =
      open_with(fixture, [&](auto, std::string_view what, std::string_view name) {
        return failing(broken && what == "create" && name.starts_with("index/"));
      });
  const auto save = [&] {
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes("content"));
    writer.finish();
    return writer.statistics().data_blobs;
  };
  CHECK(test::code_of([&] { (void)save(); }) == ErrorCode::kNoSpace);
  CHECK(check_all(fixture) == 0);
  broken = false;
  CHECK(save() == 0);  // it is known, and durable
  CHECK(check_all(fixture) == 1);
}

TEST_CASE("what another writer is still storing is indexed by the one that relies on it") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 64 * 1024;
  const Buffer content = crypto::random_bytes(70'000);
  BlobWriter slow(*repository, options, {});
  auto slow_worker = slow.make_worker();
  const BlobHandle blob{BlobType::kData, slow_worker.save(BlobType::kData, content)};
  while (!repository->index().contains(blob))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(fixture.count("index") == 0);
  BlobWriter quick(*repository, options, {});
  auto quick_worker = quick.make_worker();
  quick_worker.save_hashed(blob, content);
  quick.finish();
  CHECK(quick.statistics().data_blobs == 0);
  CHECK(check_all(fixture) == 1);
}

TEST_CASE("blobs by the hash that the caller has") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriter writer(*repository, {}, {});
  auto worker = writer.make_worker();
  const BlobHandle blob{BlobType::kData, worker.hash(as_bytes("content"))};
  worker.save_hashed(blob, as_bytes("content"));
  writer.finish();
  CHECK(as_text(repository->load_blob(blob, {})) == "content");
}
