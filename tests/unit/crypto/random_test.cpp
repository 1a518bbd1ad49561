#include "crypto/random.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <vector>

using namespace pra;

TEST_CASE("random bytes differ and fill everything asked for") {
  const Buffer first = crypto::random_bytes(64);
  CHECK(first.size() == 64);
  CHECK(first != crypto::random_bytes(64));
  CHECK_FALSE(all_zero(first));
}

TEST_CASE("a random pool never repeats, over its refills and larger draws") {
  crypto::RandomPool pool;
  std::set<std::array<std::uint8_t, 16>> seen;
  for (int i = 0; i < 2000; ++i) {
    std::array<std::uint8_t, 16> value{};
    pool.fill(value);
    CHECK(seen.insert(value).second);
    if (i % 500 == 0) {
      Buffer large(10'000);
      pool.fill(large);
      CHECK_FALSE(all_zero(ByteView(large).last(16)));
    }
  }
}

TEST_CASE("after a fork parent and child draw different bytes") {
  crypto::RandomPool pool;
  std::array<std::uint8_t, 16> value{};
  pool.fill(value);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    pool.fill(value);
    _exit(write(ends[1], value.data(), value.size()) == 16 ? 0 : 1);
  }
  pool.fill(value);
  std::array<std::uint8_t, 16> of_child{};
  CHECK(read(ends[0], of_child.data(), of_child.size()) == 16);
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(value != of_child);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("wipe clears") {
  std::vector<std::uint8_t> secret(100, 7);
  crypto::wipe(secret);
  CHECK(all_zero(secret));
}
