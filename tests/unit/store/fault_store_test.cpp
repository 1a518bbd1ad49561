#include "store/fault_store.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "store/local_store.hpp"
#include "support/crash_file_system.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::store;
using namespace pra::test;

TEST_CASE("fault store: numbers, names, before and after") {
  const auto plain = make_local_store("/r", std::make_shared<CrashFileSystem>());
  std::vector<std::string> seen;
  Fault next;
  const auto store = make_fault_store(
      plain, [&](std::uint64_t number, std::string_view what, std::string_view name) {
        seen.push_back(std::to_string(number) + " " + std::string(what) + " " + std::string(name));
        return std::exchange(next, {});
      });
  Buffer out(1);
  store->initialise({});
  CHECK(store->exists({}));
  store->create("config", as_bytes("x"), {});
  CHECK(store->read("config", {}).size() == 1);
  store->read_range("config", 0, out, {});
  CHECK(store->size("config", {}) == 1);
  store->list("", [](const auto&) {}, {});
  store->remove("config", {});
  CHECK(seen == std::vector<std::string>{"1 initialise ", "2 exists ", "3 create config",
                                         "4 read config", "5 read_range config", "6 size config",
                                         "7 list ", "8 remove config"});
  CHECK(store->location() == plain->location());
  CHECK(store->connections() == plain->connections());

  next = {Fault::Kind::kFailBefore, ErrorCode::kNoSpace};
  CHECK(code_of([&] { store->create("a", as_bytes("x"), {}); }) == ErrorCode::kNoSpace);
  CHECK(code_of([&] { (void)plain->read("a", {}); }) == ErrorCode::kNotFound);
  next = {Fault::Kind::kFailAfter, ErrorCode::kTransient};
  CHECK(code_of([&] { store->create("a", as_bytes("x"), {}); }) == ErrorCode::kTransient);
  CHECK(plain->read("a", {}).size() == 1);
  next = {Fault::Kind::kFailAfter, ErrorCode::kFailed};
  CHECK(code_of([&] { (void)store->read("a", {}); }) == ErrorCode::kFailed);
}
