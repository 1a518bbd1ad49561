#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "store/local_store.hpp"
#include "support/crash_file_system.hpp"
#include "support/errors.hpp"
#include "support/fault_file_system.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::store;
using namespace pra::test;

namespace {

/// What was acknowledged, and what was asked for at all.
struct Ledger {
  std::map<std::string, std::string> attempted;
  std::set<std::string> created;
  std::set<std::string> removed;
};

/// A little of everything that changes a store. Stops at the first failure when told to (a crash
/// ends the process), else goes on as a process would whose single requests fail.
void work(Store& store, Ledger& ledger, bool stop_at_failure) {
  const auto attempt = [&](const auto& action) {
    try {
      action();
      return true;
    } catch (const Error&) {
      if (stop_at_failure) throw;
      return false;
    }
  };
  const auto create = [&](const std::string& name, const std::string& content) {
    ledger.attempted.emplace(name, content);
    if (attempt([&] { store.create(name, as_bytes(content), {}); })) ledger.created.insert(name);
  };
  const auto remove = [&](const std::string& name) {
    ledger.created.erase(name);
    ledger.removed.erase(name);
    if (attempt([&] { store.remove(name, {}); })) ledger.removed.insert(name);
  };
  attempt([&] { store.initialise({}); });
  create("config", "the configuration");
  create("keys/one", "a key");
  create("data/ab/pack-1", "the first pack, which is a little longer");
  create("data/ab/pack-2", "the second pack");
  create("data/cd/pack-3", "the third pack");
  create("index/one", "the index of three packs");
  remove("data/ab/pack-1");
  create("snapshots/one", "a snapshot");
  remove("index/one");
  remove("data/cd/pack-3");
}

/// How many promises the store broke; each is one that a caller relies on.
int broken_promises(Store& store, const Ledger& ledger) {
  int broken = 0;
  std::set<std::string> present;
  store.list("", [&](const Store::Entry& entry) { present.insert(entry.name); }, {});
  for (const auto& name : present) {
    const auto known = ledger.attempted.find(name);
    if (known == ledger.attempted.end() || as_text(store.read(name, {})) != known->second) ++broken;
  }
  for (const auto& name : ledger.created)
    if (!present.contains(name)) ++broken;
  for (const auto& name : ledger.removed)
    if (present.contains(name)) ++broken;
  // Whatever was left behind is in nobody's way.
  for (const auto& [name, content] : ledger.attempted) {
    const auto code = code_of(
        [&, &bytes = content, &object = name] { store.create(object, as_bytes(bytes), {}); });
    if (code && code != ErrorCode::kAlreadyExists) ++broken;
    if (as_text(store.read(name, {})) != content) ++broken;
  }
  return broken;
}

struct Outcome {
  int crashes = 0;
  int broken = 0;
};

/// Crashes after each step in turn, and comes up in each way.
Outcome crash_everywhere(CrashFileSystem::Lies lies) {
  Outcome outcome;
  for (const auto survives : CrashFileSystem::kAllSurvivals) {
    for (std::uint64_t step = 1;; ++step) {
      const auto files = std::make_shared<CrashFileSystem>(lies);
      files->crash_after(step);
      Ledger ledger;
      const auto failed =
          code_of([&] { work(*make_local_store("/srv/backup", files), ledger, true); });
      CHECK(failed.has_value() == files->crashed());
      const bool reached_the_end = !files->crashed();
      files->restart(survives);
      outcome.crashes += reached_the_end ? 0 : 1;
      const auto store = make_local_store("/srv/backup", files);
      if (!store->exists({})) {
        if (!ledger.created.empty()) ++outcome.broken;
        store->initialise({});
      }
      outcome.broken += broken_promises(*store, ledger);
      if (reached_the_end) break;
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("local store: a crash after any step breaks no promise") {
  const auto outcome = crash_everywhere({});
  CHECK(outcome.crashes > 4 * 60);
  CHECK(outcome.broken == 0);
}

TEST_CASE("the crash model notices a disk that lies") {
  CHECK(crash_everywhere({.sync_directory = true}).broken > 0);
  CHECK(crash_everywhere({.sync_content = true}).broken > 0);
}

TEST_CASE("a crash keeps what an object had that was there before") {
  const auto files = std::make_shared<CrashFileSystem>();
  auto store = make_local_store("/r", files);
  store->initialise({});
  store->create("config", as_bytes("old"), {});
  for (const auto survives : CrashFileSystem::kAllSurvivals) {
    files->crash_after(3);
    CHECK(code_of([&] { store->create("data/x", as_bytes("new"), {}); }) == ErrorCode::kFailed);
    files->restart(survives);
    store = make_local_store("/r", files);
    CHECK(as_text(store->read("config", {})) == "old");
  }
}

TEST_CASE("an object that another process made is durable before it is taken for ours") {
  const auto files = std::make_shared<CrashFileSystem>();
  const auto store = make_local_store("/r", files);
  store->initialise({});
  store->create("data/y", as_bytes("y"), {});
  // The other one has renamed its file, and has not synced the directory yet.
  files->write_new("/r/data/temporary", as_bytes("pack"), 0400);
  files->rename_new("/r/data/temporary", "/r/data/pack");
  CHECK(code_of([&] { store->create("data/pack", as_bytes("pack"), {}); }) ==
        ErrorCode::kAlreadyExists);
  files->restart(CrashFileSystem::Survives::kNothing);
  CHECK(as_text(store->read("data/pack", {})) == "pack");
}

TEST_CASE("local store: any call of the file system may fail, once or from then on") {
  const auto directory = TemporaryDirectory::in_memory();
  for (const bool in_memory : {true, false}) {
    for (const bool persistent : {false, true}) {
      int fired = 0;
      for (std::uint64_t number = 1;; ++number) {
        CAPTURE(in_memory);
        CAPTURE(persistent);
        CAPTURE(number);
        const auto memory = std::make_shared<CrashFileSystem>();
        const auto files = std::make_shared<FaultFileSystem>(
            in_memory ? std::static_pointer_cast<FileSystem>(memory) : posix_file_system());
        const auto place = directory / (std::to_string(persistent) + "-" + std::to_string(number));
        files->fail(number, persistent, ErrorCode::kNoSpace);
        Ledger ledger;
        work(*make_local_store(place, files), ledger, false);
        if (!files->fired()) break;
        ++fired;
        files->heal();
        if (in_memory && !persistent) {
          // What one failure left half done was tidied up at once, except where the failing call
          // was the one that tidies up.
          for (const auto& path : memory->all_files())
            CHECK(path.find(".pra~") == std::string::npos);
        }
        const auto store = make_local_store(place, files);
        store->initialise({});
        CHECK(broken_promises(*store, ledger) == 0);
      }
      CHECK(fired > 50);
    }
  }
}
