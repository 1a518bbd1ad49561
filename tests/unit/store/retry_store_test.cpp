#include "store/retry_store.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "store/fault_store.hpp"
#include "store/local_store.hpp"
#include "store_conformance.hpp"
#include "support/crash_file_system.hpp"
#include "support/errors.hpp"
#include "support/manual_clock.hpp"

using namespace pra;
using namespace pra::store;
using namespace pra::test;
using namespace std::chrono_literals;

namespace {

/// A retry store over a fault store over a local one in memory.
struct Fixture {
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  std::vector<std::string> log;
  std::shared_ptr<Logger> logger = std::make_shared<Logger>(
      [this](LogLevel, std::string_view message) { log.emplace_back(message); });
  StorePointer plain =
      make_local_store("/r", std::make_shared<CrashFileSystem>(), std::make_shared<ManualClock>());
  std::vector<std::string> calls;

  Fixture() { plain->initialise({}); }

  StorePointer with(FaultDecision decide, RetryPolicy policy = {}) {
    auto counted = [this, decide](std::uint64_t number, std::string_view what,
                                  std::string_view name) {
      calls.emplace_back(what);
      return decide(number, what, name);
    };
    return make_retry_store(make_fault_store(plain, counted), policy, clock, logger);
  }
};

Fault before(ErrorCode code) {
  return {Fault::Kind::kFailBefore, code};
}
Fault after(ErrorCode code) {
  return {Fault::Kind::kFailAfter, code};
}

FaultDecision first(std::uint64_t count, Fault fault) {
  return [=](std::uint64_t number, std::string_view, std::string_view) {
    return number <= count ? fault : Fault{};
  };
}

}  // namespace

TEST_CASE("retry store: conformance, with every third call failing in passing") {
  const auto files = std::make_shared<CrashFileSystem>();
  const auto clock = std::make_shared<ManualClock>();
  int number = 0;
  StoreConformance([&] {
    auto inner = make_local_store("/store/" + std::to_string(++number), files);
    // Not where the tests create or remove the same twice: after a lost answer the second is taken
    // for the first, as it must be.
    auto faulty = make_fault_store(inner, [](std::uint64_t call, std::string_view what,
                                             std::string_view name) {
      const bool ambiguous = what == "remove" || (what == "create" && !name.starts_with("data/"));
      return call % 3 == 0 && !ambiguous ? before(ErrorCode::kTransient) : Fault{};
    });
    return make_retry_store(faulty, {.total = 1000h}, clock, std::make_shared<Logger>());
  }).run();
}

TEST_CASE("what fails in passing is tried again, with growing waits and one warning each") {
  Fixture fixture;
  const auto store = fixture.with(first(4, before(ErrorCode::kTransient)),
                                  {.first_wait = 100ms, .longest_wait = 350ms, .total = 1h});
  store->create("config", as_bytes("x"), {});
  CHECK(as_text(fixture.plain->read("config", {})) == "x");
  const auto waits = fixture.clock->sleeps();
  REQUIRE(waits.size() == 4);
  const std::vector<Duration> longest{100ms, 200ms, 350ms, 350ms};
  for (std::size_t i = 0; i < waits.size(); ++i) {
    CHECK(waits[i] >= longest[i] / 2);
    CHECK(waits[i] <= longest[i]);
  }
  REQUIRE(fixture.log.size() == 4);
  CHECK(fixture.log[0].find("config") != std::string::npos);
  CHECK(fixture.log[0].find("trying again in") != std::string::npos);
}

TEST_CASE("waits differ by chance") {
  std::vector<Duration> all;
  for (int i = 0; i < 20; ++i) {
    Fixture fixture;
    (void)fixture.with(first(1, before(ErrorCode::kTransient)))->exists({});
    all.push_back(fixture.clock->sleeps().at(0));
  }
  CHECK(std::adjacent_find(all.begin(), all.end(), std::not_equal_to<>()) != all.end());
}

TEST_CASE("what fails for good is not tried again") {
  for (const auto code : {ErrorCode::kFailed, ErrorCode::kNotFound, ErrorCode::kPermissionDenied,
                          ErrorCode::kNoSpace, ErrorCode::kCorrupt, ErrorCode::kCancelled}) {
    Fixture fixture;
    const auto store = fixture.with(first(1, before(code)));
    CHECK(code_of([&] { (void)store->read("config", {}); }) == code);
    CHECK(fixture.calls.size() == 1);
    CHECK(fixture.clock->sleeps().empty());
    CHECK(fixture.log.empty());
  }
}

TEST_CASE("gives up after the time allowed, and says so") {
  Fixture fixture;
  const auto started = fixture.clock->now();
  const auto store = fixture.with(first(1'000'000, before(ErrorCode::kTransient)),
                                  {.first_wait = 1s, .longest_wait = 30s, .total = 15min});
  const auto words = words_of([&] { (void)store->size("config", {}); });
  CHECK(words.find("gave up after 1") != std::string::npos);
  CHECK(words.find("injected fault") != std::string::npos);
  const auto spent = fixture.clock->now().since(started);
  CHECK(spent <= 15min);
  CHECK(spent > 14min);
  CHECK(code_of([&] { (void)store->size("config", {}); }) == ErrorCode::kTransient);
}

TEST_CASE("a create whose answer was lost is recognised") {
  Fixture fixture;
  const auto store = fixture.with(first(1, after(ErrorCode::kTransient)));
  store->create("config", as_bytes("x"), {});
  CHECK(fixture.calls == std::vector<std::string>{"create", "create", "read"});
  CHECK(as_text(fixture.plain->read("config", {})) == "x");
}

TEST_CASE("a different object of that name stays an error, also after a retry") {
  Fixture fixture;
  fixture.plain->create("config", as_bytes("other"), {});
  const auto lost = fixture.with(first(1, before(ErrorCode::kTransient)));
  CHECK(code_of([&] { lost->create("config", as_bytes("x"), {}); }) == ErrorCode::kAlreadyExists);
  // Without a lost answer even an equal one is somebody else's.
  const auto plain = fixture.with(first(0, {}));
  CHECK(code_of([&] { plain->create("config", as_bytes("other"), {}); }) ==
        ErrorCode::kAlreadyExists);
  CHECK(as_text(fixture.plain->read("config", {})) == "other");
}

TEST_CASE("a failing comparison is tried again, too") {
  Fixture fixture;
  const auto store = fixture.with([](std::uint64_t number, std::string_view, std::string_view) {
    if (number == 1) return after(ErrorCode::kTransient);
    return number == 3 ? before(ErrorCode::kTransient) : Fault{};
  });
  store->create("config", as_bytes("x"), {});
  CHECK(fixture.calls == std::vector<std::string>{"create", "create", "read", "create", "read"});
}

TEST_CASE("a removal whose answer was lost is recognised") {
  Fixture fixture;
  fixture.plain->create("locks/a", as_bytes("x"), {});
  const auto store = fixture.with(first(1, after(ErrorCode::kTransient)));
  CHECK_NOTHROW(store->remove("locks/a", {}));
  CHECK(code_of([&] { store->remove("locks/a", {}); }) == ErrorCode::kNotFound);
}

TEST_CASE("a listing that starts again shows each object once") {
  Fixture fixture;
  for (int i = 0; i < 10; ++i)
    fixture.plain->create("keys/" + std::to_string(i), {}, {});
  const auto store = fixture.with(first(1, after(ErrorCode::kTransient)));
  int shown = 0;
  store->list("keys/", [&](const Store::Entry&) { ++shown; }, {});
  CHECK(shown == 10);
  CHECK(fixture.calls.size() == 2);
}

TEST_CASE("an error of whoever looks at the listing is not the store's") {
  Fixture fixture;
  fixture.plain->create("keys/1", {}, {});
  const auto store = fixture.with(first(0, {}));
  CHECK(code_of([&] {
          store->list("keys/",
                      [](const Store::Entry&) { throw Error(ErrorCode::kTransient, "mine"); }, {});
        }) == ErrorCode::kTransient);
  CHECK(fixture.calls.size() == 1);
}

TEST_CASE("a stop ends the waiting") {
  Fixture fixture;
  std::stop_source source;
  const auto store = fixture.with([&](std::uint64_t number, std::string_view, std::string_view) {
    if (number == 3) source.request_stop();
    return before(ErrorCode::kTransient);
  });
  CHECK(code_of([&] { (void)store->read("config", source.get_token()); }) == ErrorCode::kCancelled);
  CHECK(fixture.calls.size() == 3);
}

TEST_CASE("location and connections are those of the store behind") {
  Fixture fixture;
  const auto store = fixture.with(first(0, {}));
  CHECK(store->location() == "/r");
  CHECK(store->connections() == fixture.plain->connections());
}
