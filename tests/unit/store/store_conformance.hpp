#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "store/store.hpp"
#include "support/errors.hpp"

namespace pra::test {

/// What holds for every Store, whatever is behind it. `make` gives a Store over a place of its own
/// that is empty and does not exist yet; stores made from the same `make` may share a server.
class StoreConformance {
 public:
  using Make = std::function<store::StorePointer()>;

  explicit StoreConformance(Make make) : make_(std::move(make)) {}

  void run() const {
    SUBCASE("the place is made once") {
      place();
    }
    SUBCASE("what is created is read back") {
      round_trip();
    }
    SUBCASE("nothing is overwritten") {
      no_overwrite();
    }
    SUBCASE("ranges are exact") {
      ranges();
    }
    SUBCASE("listing") {
      listing();
    }
    SUBCASE("five thousand objects") {
      many_objects();
    }
    SUBCASE("what is missing is not found") {
      missing();
    }
    SUBCASE("names outside the form are refused") {
      bad_names();
    }
    SUBCASE("removal") {
      removal();
    }
    SUBCASE("many threads at once") {
      concurrent();
    }
    SUBCASE("one winner where many create the same") {
      race();
    }
    SUBCASE("a stop is heeded by every call") {
      cancellation();
    }
  }

  /// Bytes that are different for each seed.
  static Buffer content(std::size_t size, std::uint32_t seed) {
    Buffer out(size);
    std::uint32_t state = seed * 2654435761u + 12345u;
    for (auto& byte : out) {
      state = state * 1664525u + 1013904223u;
      byte = static_cast<std::uint8_t>(state >> 24);
    }
    return out;
  }

 private:
  [[nodiscard]] store::StorePointer ready() const {
    auto store = make_();
    store->initialise({});
    return store;
  }

  static std::map<std::string, std::uint64_t> listed(store::Store& store, std::string_view prefix) {
    std::map<std::string, std::uint64_t> out;
    store.list(prefix,
               [&](const store::Store::Entry& entry) {
                 CAPTURE(entry.name);
                 CHECK(out.emplace(entry.name, entry.size).second);
               },
               {});
    return out;
  }

  void place() const {
    const auto store = make_();
    CHECK_FALSE(store->location().empty());
    CHECK(store->connections() >= 1);
    CHECK_FALSE(store->exists({}));
    store->initialise({});
    CHECK(store->exists({}));
    store->create("config", as_bytes("kept"), {});
    store->initialise({});
    CHECK(as_text(store->read("config", {})) == "kept");
  }

  void round_trip() const {
    const auto store = ready();
    const std::vector<std::size_t> sizes{0, 1, 4095, 4096, 65537, 17 << 20};
    for (const auto size : sizes) {
      CAPTURE(size);
      const auto name = "data/ab/" + std::to_string(size);
      const auto bytes = content(size, 1);
      store->create(name, bytes, {});
      CHECK(store->read(name, {}) == bytes);
      CHECK(store->size(name, {}) == size);
    }
  }

  void no_overwrite() const {
    const auto store = ready();
    store->create("index/one", as_bytes("first"), {});
    CHECK(code_of([&] { store->create("index/one", as_bytes("second"), {}); }) ==
          ErrorCode::kAlreadyExists);
    CHECK(code_of([&] { store->create("index/one", as_bytes("first"), {}); }) ==
          ErrorCode::kAlreadyExists);
    CHECK(as_text(store->read("index/one", {})) == "first");
    CHECK(listed(*store, "index/").size() == 1);
  }

  void ranges() const {
    const auto store = ready();
    const auto bytes = content(100'000, 2);
    store->create("data/00/pack", bytes, {});
    const auto range = [&](std::uint64_t offset, std::size_t length) {
      Buffer out(length, 0xee);
      store->read_range("data/00/pack", offset, out, {});
      return out;
    };
    const auto part = [&](std::size_t offset, std::size_t length) {
      return to_buffer(ByteView(bytes).subspan(offset, length));
    };
    CHECK(range(0, 1) == part(0, 1));
    CHECK(range(1, 77) == part(1, 77));
    CHECK(range(99'999, 1) == part(99'999, 1));
    CHECK(range(0, 100'000) == bytes);
    CHECK(range(500, 0).empty());
    CHECK(code_of([&] { range(99'999, 2); }) == ErrorCode::kCorrupt);
    CHECK(code_of([&] { range(100'001, 1); }) == ErrorCode::kCorrupt);
    CHECK(code_of([&] { range(std::uint64_t{1} << 40, 10); }) == ErrorCode::kCorrupt);
    CHECK(code_of([&] { range(0, 100'001); }) == ErrorCode::kCorrupt);
  }

  void listing() const {
    const auto store = ready();
    CHECK(listed(*store, "snapshots/").empty());
    CHECK(listed(*store, "").empty());
    store->create("config", as_bytes("c"), {});
    store->create("data/00/a", as_bytes("12"), {});
    store->create("data/ff/b", as_bytes("123"), {});
    store->create("datax/c", as_bytes("1234"), {});
    store->create("wal/1/2/3", {}, {});
    using Listing = std::map<std::string, std::uint64_t>;
    CHECK(listed(*store, "data/") == Listing{{"data/00/a", 2}, {"data/ff/b", 3}});
    CHECK(listed(*store, "data/00/") == Listing{{"data/00/a", 2}});
    CHECK(listed(*store, "wal/") == Listing{{"wal/1/2/3", 0}});
    CHECK(listed(*store, "keys/").empty());
    CHECK(listed(*store, "").size() == 5);
    CHECK(code_of([&] { listed(*store, "data"); }) == ErrorCode::kInvalidArgument);
    CHECK(code_of([&] { listed(*store, "../"); }) == ErrorCode::kInvalidArgument);
  }

  void many_objects() const {
    constexpr int kObjects = 5000;
    const auto store = ready();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = t; i < kObjects; i += 4)
          store->create(
              "data/" + to_hex(content(1, static_cast<std::uint32_t>(i))) + "/" + std::to_string(i),
              as_bytes(std::to_string(i)), {});
      });
    for (auto& thread : threads)
      thread.join();
    const auto all = listed(*store, "data/");
    CHECK(all.size() == kObjects);
    for (const auto& [name, size] : all) {
      const auto number = name.substr(name.rfind('/') + 1);
      if (size != number.size()) FAIL(name);
    }
  }

  void missing() const {
    const auto store = ready();
    Buffer out(1);
    store->create("data/00/there", as_bytes("x"), {});
    for (const std::string name :
         {"config", "data/00/none", "data/01/none", "data/00", "a/b/c/d"}) {
      CAPTURE(name);
      CHECK(code_of([&] { (void)store->read(name, {}); }).value_or(ErrorCode::kPartial) !=
            ErrorCode::kPartial);
      CHECK(code_of([&] { (void)store->size(name, {}); }) == ErrorCode::kNotFound);
      if (name == "data/00") continue;  // A folder where there are folders: any error will do.
      CHECK(code_of([&] { (void)store->read(name, {}); }) == ErrorCode::kNotFound);
      CHECK(code_of([&] { store->read_range(name, 0, out, {}); }) == ErrorCode::kNotFound);
      CHECK(code_of([&] { store->remove(name, {}); }) == ErrorCode::kNotFound);
    }
  }

  void bad_names() const {
    const auto store = ready();
    Buffer out(1);
    for (const std::string name :
         {"", "/", "/config", "data/", "data//x", "../x", "data/../../x", "data/.", "data/a b",
          "data/\xc3\xa9", "data/x\n", "data\\x", "data/x%2f", "~x", "data/x:y"}) {
      CAPTURE(name);
      CHECK(code_of([&] { store->create(name, as_bytes("x"), {}); }) ==
            ErrorCode::kInvalidArgument);
      CHECK(code_of([&] { (void)store->read(name, {}); }) == ErrorCode::kInvalidArgument);
      CHECK(code_of([&] { store->read_range(name, 0, out, {}); }) == ErrorCode::kInvalidArgument);
      CHECK(code_of([&] { (void)store->size(name, {}); }) == ErrorCode::kInvalidArgument);
      CHECK(code_of([&] { store->remove(name, {}); }) == ErrorCode::kInvalidArgument);
    }
    CHECK(listed(*store, "").empty());
  }

  void removal() const {
    const auto store = ready();
    store->create("locks/one", as_bytes("1"), {});
    store->create("locks/two", as_bytes("2"), {});
    store->remove("locks/one", {});
    CHECK(code_of([&] { (void)store->read("locks/one", {}); }) == ErrorCode::kNotFound);
    CHECK(listed(*store, "locks/").size() == 1);
    store->create("locks/one", as_bytes("again"), {});
    CHECK(as_text(store->read("locks/one", {})) == "again");
  }

  void concurrent() const {
    const auto store = ready();
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        try {
          for (std::uint32_t i = 0; i < 40; ++i) {
            const auto name = "data/" + std::to_string(i % 4) + "/" + std::to_string(t * 1000 + i);
            const auto bytes = content(1000 + i, t * 1000 + i);
            store->create(name, bytes, {});
            if (store->read(name, {}) != bytes) ++failures;
            Buffer part(10);
            store->read_range(name, i, part, {});
            if (part != to_buffer(ByteView(bytes).subspan(i, 10))) ++failures;
            store->list("data/0/", [](const store::Store::Entry&) {}, {});
            if (i % 2 == 0) store->remove(name, {});
          }
        } catch (const Error&) {
          ++failures;
        }
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(failures == 0);
    CHECK(listed(*store, "data/").size() == 8 * 20);
  }

  void race() const {
    const auto store = ready();
    for (int round = 0; round < 20; ++round) {
      const auto name = "wal/" + std::to_string(round);
      std::atomic<int> winners = 0;
      std::atomic<int> losers = 0;
      std::atomic<std::uint32_t> winner = 0;
      std::vector<std::thread> threads;
      for (std::uint32_t t = 0; t < 6; ++t)
        threads.emplace_back([&, t] {
          const auto code = code_of([&] { store->create(name, content(20'000, t), {}); });
          if (!code) ++winners, winner = t;
          if (code == ErrorCode::kAlreadyExists) ++losers;
        });
      for (auto& thread : threads)
        thread.join();
      CHECK(winners == 1);
      CHECK(losers == 5);
      CHECK(store->read(name, {}) == content(20'000, winner));
    }
  }

  void cancellation() const {
    const auto store = ready();
    store->create("config", as_bytes("c"), {});
    std::stop_source source;
    source.request_stop();
    const auto stop = source.get_token();
    Buffer out(1);
    CHECK(code_of([&] { (void)store->exists(stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { store->initialise(stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { store->create("x", as_bytes("x"), stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { (void)store->read("config", stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { store->read_range("config", 0, out, stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { (void)store->size("config", stop); }) == ErrorCode::kCancelled);
    CHECK(code_of([&] {
            store->list(
                "", [](const auto&) {}, stop);
          }) == ErrorCode::kCancelled);
    CHECK(code_of([&] { store->remove("config", stop); }) == ErrorCode::kCancelled);
    CHECK(listed(*store, "").size() == 1);

    std::stop_source later;
    for (int i = 0; i < 50; ++i)
      store->create("data/" + std::to_string(i), {}, {});
    int shown = 0;
    CHECK(code_of([&] {
            store->list(
                "data/",
                [&](const auto&) {
                  if (++shown == 3) later.request_stop();
                },
                later.get_token());
          }).value_or(ErrorCode::kCancelled) == ErrorCode::kCancelled);
    CHECK(shown >= 3);
  }

  Make make_;
};

}  // namespace pra::test
