#include "repo/lock.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/host.hpp"
#include "crypto/sha256.hpp"
#include "repo/blob_writer.hpp"
#include "repo/repository_fixture.hpp"
#include "store/fault_store.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;
using namespace std::chrono_literals;

namespace {

/// Time passes when the thread that made it sleeps, and when it is told to; the sleeps of other
/// threads end when their time has come. `settle` waits until another sleeps.
class TestClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    if (std::this_thread::get_id() == owner_) {
      advance(duration);
      return !stop.stop_requested();
    }
    std::unique_lock lock(mutex_);
    const auto wake = wakes_.insert(now_.plus(duration));
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return now_ >= *wake; });
    wakes_.erase(wake);
    return !stop.stop_requested();
  }
  void advance(Duration duration) {
    const std::scoped_lock lock(mutex_);
    now_ = now_.plus(duration);
    changed_.notify_all();
  }
  /// Moves on in steps, letting a background thread act at each of them.
  void pass(Duration duration, Duration step = 1s) {
    for (Duration passed{}; passed < duration; passed += step) {
      settle();
      advance(step);
    }
    settle();
  }
  void settle() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 1s, [&] { return !wakes_.empty() && *wakes_.begin() > now_; });
  }

 private:
  const std::thread::id owner_ = std::this_thread::get_id();
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // also by stop tokens
  Timestamp now_{1'700'000'000, 0};
  std::multiset<Timestamp> wakes_;  // of the threads that sleep
};

struct LockFixture : test::RepositoryFixture {
  LockFixture() {
    clock = test_clock;
    repository = create();
  }
  std::shared_ptr<TestClock> test_clock = std::make_shared<TestClock>();
  std::shared_ptr<Repository> repository;

  LockInfo foreign(bool exclusive) const {
    LockInfo lock;
    lock.time = clock->now();
    lock.exclusive = exclusive;
    lock.hostname = "elsewhere";
    lock.username = "somebody";
    lock.pid = 4711;
    return lock;
  }
  std::string place(const LockInfo& lock) const {
    return repository->write_file(FileKind::kLock, encode_lock(lock), {}).hex();
  }
  std::optional<ErrorCode> try_lock(LockMode mode, Duration wait = {}) const {
    return test::code_of([&] { const Lock lock(*repository, mode, wait, {}); });
  }
};

/// A process id that no process has now.
std::int64_t vanished_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  return child;
}

}  // namespace

TEST_CASE("a lock is a file while it is held") {
  const LockFixture fixture;
  {
    const Lock lock(*fixture.repository, LockMode::kShared, {}, {});
    const auto locks = list_locks(*fixture.repository, {});
    REQUIRE(locks.size() == 1);
    const HostIdentity self = current_identity();
    CHECK(locks[0].pid == self.pid);
    CHECK(locks[0].hostname == self.hostname);
    CHECK(locks[0].username == self.username);
    CHECK_FALSE(locks[0].exclusive);
    CHECK_FALSE(lock.lost());
    CHECK_FALSE(lock.stop_token().stop_requested());
  }
  CHECK(fixture.count("locks") == 0);
}

TEST_CASE("shared locks go together, an exclusive one with none") {
  const LockFixture fixture;
  {
    const Lock first(*fixture.repository, LockMode::kShared, {}, {});
    CHECK_FALSE(fixture.try_lock(LockMode::kShared));
    CHECK(fixture.try_lock(LockMode::kExclusive) == ErrorCode::kLocked);
  }
  {
    const Lock first(*fixture.repository, LockMode::kExclusive, {}, {});
    CHECK(fixture.try_lock(LockMode::kShared) == ErrorCode::kLocked);
    CHECK(fixture.try_lock(LockMode::kExclusive) == ErrorCode::kLocked);
    CHECK(fixture.count("locks") == 1);
  }
  CHECK_FALSE(fixture.try_lock(LockMode::kExclusive));
}

TEST_CASE("two who come at the same moment see each other after the wait") {
  const test::RepositoryFixture fixture;  // with the system's clock
  (void)fixture.create();
  std::atomic<int> holders = 0;
  std::atomic<int> most = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const auto repository = fixture.open();
      (void)test::code_of([&] {
        const Lock lock(*repository, LockMode::kExclusive, {}, {});
        most = std::max(most.load(), ++holders);
        std::this_thread::sleep_for(20ms);
        --holders;
      });
    });
  threads.clear();
  CHECK(most <= 1);
  CHECK(fixture.count("locks") == 0);
}

TEST_CASE("who is in the way is told, and what to do") {
  const LockFixture fixture;
  (void)fixture.place(fixture.foreign(true));
  fixture.test_clock->advance(10min);
  const auto take = [&] { const Lock lock(*fixture.repository, LockMode::kShared, {}, {}); };
  const std::string words = test::words_of(take);
  CHECK(words.find("somebody (process 4711) on elsewhere, exclusively") != std::string::npos);
  CHECK(words.find("10m") != std::string::npos);
  CHECK(words.find("stale") == std::string::npos);
  fixture.test_clock->advance(21min);
  CHECK(test::words_of(take).find("the lock is stale") != std::string::npos);
  CHECK(test::words_of(take).find("pra unlock") != std::string::npos);
  CHECK(test::code_of(take) == ErrorCode::kLocked);  // stale, and still in the way
}

TEST_CASE("waiting for a lock ends when it is free, or when the time is up") {
  const LockFixture fixture;
  const std::string other = fixture.place(fixture.foreign(false));
  const Timestamp start = fixture.clock->now();
  CHECK(fixture.try_lock(LockMode::kExclusive, 100s) == ErrorCode::kLocked);
  CHECK(fixture.clock->now().since(start) >= 100s);
  CHECK(fixture.clock->now().since(start) < 102s);
  int listings = 0;
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [&](std::uint64_t, std::string_view what, std::string_view name) {
        if (what == "list" && name == "locks/" && ++listings == 5)
          fixture.repository->remove_file(FileKind::kLock, other, {});
        return store::Fault{};
      });
  const auto repository = Repository::open(environment, fixture.secret, {});
  CHECK_NOTHROW(Lock(*repository, LockMode::kExclusive, 1h, {}));
  CHECK(listings >= 5);
}

TEST_CASE("a lock that appears while we wait 200 ms makes us give way") {
  const LockFixture fixture;
  std::string other;
  int created = 0;
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [&](std::uint64_t, std::string_view what, std::string_view name) {
        if (what == "create" && name.starts_with("locks/") && ++created == 1)
          other = fixture.place(fixture.foreign(true));
        return store::Fault{};
      });
  const auto repository = Repository::open(environment, fixture.secret, {});
  CHECK(test::code_of([&] { const Lock lock(*repository, LockMode::kShared, {}, {}); }) ==
        ErrorCode::kLocked);
  const auto left = list_locks(*fixture.repository, {});
  REQUIRE(left.size() == 1);
  CHECK(left[0].id.hex() == other);
}

TEST_CASE("a lock is refreshed every five minutes, the new one first") {
  const LockFixture fixture;
  const Lock lock(*fixture.repository, LockMode::kShared, {}, {});
  const auto first = list_locks(*fixture.repository, {});
  fixture.test_clock->pass(4min);
  CHECK(list_locks(*fixture.repository, {})[0].id == first[0].id);
  fixture.test_clock->pass(61s);
  const auto second = list_locks(*fixture.repository, {});
  REQUIRE(second.size() == 1);
  CHECK(second[0].id != first[0].id);
  CHECK(second[0].time.since(first[0].time) >= 5min);
  CHECK_FALSE(lock.lost());
}

TEST_CASE("a lock that cannot be refreshed is lost after 22.5 minutes") {
  LockFixture fixture;
  std::atomic<bool> broken = false;
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [&](std::uint64_t, std::string_view what, std::string_view) {
        const bool fails = broken && what == "create";
        return store::Fault{fails ? store::Fault::Kind::kFailBefore : store::Fault::Kind::kNone,
                            ErrorCode::kTransient};
      });
  const auto repository = Repository::open(environment, fixture.secret, {});
  const Lock lock(*repository, LockMode::kShared, {}, {});
  broken = true;
  fixture.test_clock->pass(22min);
  CHECK_FALSE(lock.lost());
  broken = false;
  fixture.test_clock->pass(1min);  // just in time
  broken = true;
  fixture.test_clock->pass(21min);
  CHECK_FALSE(lock.lost());
  for (int i = 0; i < 8 && !lock.lost(); ++i)
    fixture.test_clock->pass(30s, 10s);
  CHECK(lock.lost());
  CHECK(lock.stop_token().stop_requested());
}

TEST_CASE("after a long sleep of the machine the lock is kept only if nobody removed it") {
  for (const bool removed : {false, true}) {
    const LockFixture fixture;
    const Lock lock(*fixture.repository, LockMode::kShared, {}, {});
    fixture.test_clock->settle();
    if (removed) CHECK(remove_locks(*fixture.repository, true, {}) == 1);
    fixture.test_clock->pass(1h + 10s, 1h);  // at once
    fixture.test_clock->pass(10s, 200ms);    // it waits 200 ms once more
    CHECK(lock.lost() == removed);
    const auto locks = list_locks(*fixture.repository, {});
    REQUIRE(locks.size() == (removed ? 0 : 1));
    if (!removed) CHECK(locks[0].time.seconds >= 1'700'000'000 + 3600);
  }
}

TEST_CASE("stale is old, or of this host and gone") {
  const Timestamp now{1'700'000'000, 0};
  LockInfo lock;
  lock.time = now.plus(-29min);
  lock.hostname = "elsewhere";
  lock.pid = 1 << 30;
  CHECK_FALSE(is_stale(lock, now));
  lock.time = now.plus(-31min);
  CHECK(is_stale(lock, now));
  lock.time = now;
  lock.hostname = current_identity().hostname;
  lock.pid = getpid();
  CHECK_FALSE(is_stale(lock, now));
  lock.pid = vanished_process();
  CHECK(is_stale(lock, now));
}

TEST_CASE("unlock removes the stale ones, or all, damaged ones included") {
  const LockFixture fixture;
  (void)fixture.place(fixture.foreign(false));
  fixture.test_clock->advance(31min);
  (void)fixture.place(fixture.foreign(false));
  fixture.repository->store().create("locks/" + std::string(64, 'a'), as_bytes("garbage"), {});
  fixture.repository->store().create("locks/" + std::string(64, 'b'), {}, {});
  CHECK(remove_locks(*fixture.repository, false, {}) == 1);
  CHECK(list_locks(*fixture.repository, {}).size() == 1);
  const auto take = [&] { const Lock lock(*fixture.repository, LockMode::kShared, {}, {}); };
  CHECK(test::code_of(take) == ErrorCode::kLocked);
  CHECK(test::words_of(take).find("pra unlock --all") != std::string::npos);
  CHECK(remove_locks(*fixture.repository, true, {}) == 3);
  CHECK_FALSE(fixture.try_lock(LockMode::kExclusive));
}

TEST_CASE("an empty lock file, not yet arrived, is nobody's lock") {
  const LockFixture fixture;
  fixture.repository->store().create("locks/" + std::string(64, 'b'), {}, {});
  CHECK_FALSE(fixture.try_lock(LockMode::kExclusive));
}

TEST_CASE("the lock is removed although the caller stopped, and stopping reaches its token") {
  const LockFixture fixture;
  std::stop_source stop;
  {
    const Lock lock(*fixture.repository, LockMode::kShared, {}, stop.get_token());
    stop.request_stop();
    CHECK(lock.stop_token().stop_requested());
    CHECK_FALSE(lock.lost());
  }
  CHECK(fixture.count("locks") == 0);
  CHECK(test::code_of([&] {
          const Lock lock(*fixture.repository, LockMode::kShared, {}, stop.get_token());
        }) == ErrorCode::kCancelled);
  CHECK(fixture.count("locks") == 0);
}

TEST_CASE("where nothing can be written, reading goes on without a lock") {
  const LockFixture fixture;
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [](std::uint64_t, std::string_view what, std::string_view) {
        return store::Fault{
            what == "create" ? store::Fault::Kind::kFailBefore : store::Fault::Kind::kNone,
            ErrorCode::kPermissionDenied};
      });
  const auto repository = Repository::open(environment, fixture.secret, {});
  CHECK(lock_for_reading(*repository, {}, {}) == nullptr);
  CHECK(lock_for_reading(*fixture.repository, {}, {}) != nullptr);
  const Lock lock(*fixture.repository, LockMode::kExclusive, {}, {});
  CHECK(test::code_of([&] { (void)lock_for_reading(*repository, {}, {}); }) == ErrorCode::kLocked);
}

TEST_CASE("what was pruned while no lock was held is not relied on") {
  const LockFixture fixture;
  const auto save = [&](const char* text) {
    const Lock lock(*fixture.repository, LockMode::kShared, {}, {});
    BlobWriter writer(*fixture.repository, {}, lock.stop_token());
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes(text));
    writer.finish();
    return writer.statistics().data_blobs;
  };
  CHECK(save("pruned") == 1);
  CHECK(save("kept") == 1);
  CHECK(save("pruned") == 0);
  const auto index_of = [&](const char* text) {
    const BlobHandle blob{BlobType::kData, BlobId::from(crypto::sha256(as_bytes(text)))};
    for (const auto& file : fixture.repository->list_files(FileKind::kIndex, {})) {
      const Buffer json = fixture.repository->read_file(FileKind::kIndex, file.hex, {});
      if (as_text(json).find(blob.id.hex()) != std::string_view::npos) return file.hex;
    }
    return std::string();
  };
  // Another process: removes one, adds one.
  fixture.repository->store().remove(object_name(FileKind::kIndex, index_of("pruned")), {});
  {
    const auto other = fixture.open();
    BlobWriter writer(*other, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes("added elsewhere"));
    writer.finish();
  }
  CHECK(save("added elsewhere") == 0);
  CHECK(save("kept") == 0);
  CHECK(save("pruned") == 1);
  CHECK_FALSE(index_of("pruned").empty());
}

TEST_CASE("packs that no index names are not relied on under the next lock") {
  const LockFixture fixture;
  std::atomic<bool> broken = true;
  Environment environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [&](std::uint64_t, std::string_view what, std::string_view name) {
        const bool fails = broken && what == "create" && name.starts_with("index/");
        return store::Fault{fails ? store::Fault::Kind::kFailBefore : store::Fault::Kind::kNone,
                            ErrorCode::kNoSpace};
      });
  const auto repository = Repository::open(environment, fixture.secret, {});
  const auto save = [&] {
    const Lock lock(*repository, LockMode::kShared, {}, {});
    BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    (void)worker.save(BlobType::kData, as_bytes("content"));
    writer.finish();
    return writer.statistics().data_blobs;
  };
  CHECK(test::code_of([&] { (void)save(); }) == ErrorCode::kNoSpace);
  broken = false;
  CHECK(save() == 1);
  CHECK(fixture.count("data") == 2);
}

TEST_CASE("SIGHUP is survived while a lock is held, and only then") {
  const auto disposed = [](auto wanted) {
    struct sigaction action {};
    sigaction(SIGHUP, nullptr, &action);
    return action.sa_handler == wanted;
  };
  REQUIRE(disposed(SIG_DFL));
  {
    const LockFixture fixture;
    const Lock first(*fixture.repository, LockMode::kShared, {}, {});
    { const Lock second(*fixture.repository, LockMode::kShared, {}, {}); }
    raise(SIGHUP);  // would end the test
  }
  CHECK(disposed(SIG_DFL));

  // A program's own choice is left alone.
  signal(SIGHUP, SIG_IGN);
  {
    const HangupGuard guard;
    CHECK(disposed(SIG_IGN));
  }
  CHECK(disposed(SIG_IGN));
  signal(SIGHUP, SIG_DFL);
}

TEST_CASE("a lock's JSON") {
  LockInfo lock;
  lock.time = {1'700'000'000, 0};
  lock.exclusive = true;
  lock.hostname = "h";
  lock.username = "u";
  lock.pid = 7;
  lock.uid = 1000;
  CHECK(encode_lock(lock) ==
        R"({"time":"2023-11-14T22:13:20Z","exclusive":true,"hostname":"h","username":"u",)"
        R"("pid":7,"uid":1000})");
  const LockInfo back = decode_lock(encode_lock(lock), lock.id);
  CHECK(back.time == lock.time);
  CHECK(back.uid == 1000);
  for (const char* bad : {"{}", "[]", "{\"time\":1}", "{\"time\":\"x\"}", "x"})
    CHECK(test::code_of([&] { (void)decode_lock(bad, {}); }) == ErrorCode::kCorrupt);
}
