#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/bounded_queue.hpp"
#include "base/cancel.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/worker_group.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace std::chrono_literals;

TEST_CASE("bounded queue: in order, closed, drained") {
  BoundedQueue<int> queue(4);
  for (int i = 0; i < 4; ++i)
    CHECK(queue.push(i));
  queue.close();
  CHECK_FALSE(queue.push(9));
  for (int i = 0; i < 4; ++i)
    CHECK(queue.pop() == i);
  CHECK_FALSE(queue.pop());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("bounded queue: never more than its capacity") {
  BoundedQueue<int> queue(3);
  std::atomic<int> pushed = 0;
  std::thread producer([&] {
    for (int i = 0; i < 100; ++i) {
      if (!queue.push(i)) return;
      ++pushed;
    }
  });
  while (pushed < 3)
    std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  CHECK(pushed == 3);
  for (int i = 0; i < 100; ++i)
    CHECK(queue.pop() == i);
  producer.join();
}

TEST_CASE("bounded queue: abort wakes who waits and drops what is queued") {
  BoundedQueue<int> queue(1);
  CHECK(queue.push(1));
  std::atomic<bool> refused = false;
  std::thread producer([&] { refused = !queue.push(2); });
  std::this_thread::sleep_for(10ms);
  queue.abort();
  producer.join();
  CHECK(refused);
  CHECK_FALSE(queue.pop());

  BoundedQueue<int> empty(1);
  std::thread consumer([&] { CHECK_FALSE(empty.pop()); });
  std::this_thread::sleep_for(10ms);
  empty.abort();
  consumer.join();
}

TEST_CASE("bounded queue: every item reaches exactly one of many") {
  BoundedQueue<int> queue(5);
  std::atomic<long> sum = 0;
  std::atomic<int> count = 0;
  WorkerGroup consumers;
  for (int t = 0; t < 4; ++t)
    consumers.start([&] {
      while (const auto item = queue.pop()) {
        sum += *item;
        ++count;
      }
    });
  WorkerGroup producers;
  for (int t = 0; t < 4; ++t)
    producers.start([&, t] {
      for (int i = 0; i < 1000; ++i)
        CHECK(queue.push(t * 1000 + i));
    });
  producers.join();
  queue.close();
  consumers.join();
  CHECK(count == 4000);
  CHECK(sum == 4000L * 3999 / 2);
}

TEST_CASE("worker group: the first failure ends the others and is thrown") {
  BoundedQueue<int> queue(1);
  std::atomic<int> called = 0;
  WorkerGroup group([&] {
    ++called;
    queue.abort();
  });
  for (int t = 0; t < 3; ++t)
    group.start([&] {
      while (queue.pop()) {
      }
    });
  CHECK_FALSE(group.failed());
  group.start([] { throw Error(ErrorCode::kNoSpace, "full"); });
  CHECK(test::code_of([&] { group.join(); }) == ErrorCode::kNoSpace);
  CHECK(group.failed());
  CHECK(called == 1);
  group.fail(std::make_exception_ptr(std::runtime_error("late")));
  CHECK(called == 1);
}

TEST_CASE("worker group: joins without a failure, and in the destructor") {
  std::atomic<int> done = 0;
  {
    WorkerGroup group;
    for (int t = 0; t < 4; ++t)
      group.start([&] {
        std::this_thread::sleep_for(5ms);
        ++done;
      });
    group.join();
    CHECK(done == 4);
    group.start([&] {
      std::this_thread::sleep_for(5ms);
      ++done;
    });
  }
  CHECK(done == 5);
  CHECK(usable_cores() >= 1);
}

TEST_CASE("a stop becomes an error") {
  std::stop_source source;
  CHECK_NOTHROW(throw_if_stopped(source.get_token()));
  CHECK_NOTHROW(throw_if_stopped({}));
  source.request_stop();
  CHECK(test::code_of([&] { throw_if_stopped(source.get_token()); }) == ErrorCode::kCancelled);
}

TEST_CASE("progress is added up from many threads") {
  Progress progress;
  progress.begin_phase("backup", 4000, 8000);
  progress.set_current("/srv/x");
  WorkerGroup group;
  for (int t = 0; t < 4; ++t)
    group.start([&] {
      for (int i = 0; i < 1000; ++i) {
        progress.add(1, 2);
        if (i % 100 == 0) progress.set_current("/srv/" + std::to_string(i));
        (void)progress.view();
      }
      progress.add_problem();
    });
  group.join();
  auto view = progress.view();
  CHECK(view.phase == "backup");
  CHECK(view.items_done == 4000);
  CHECK(view.bytes_done == 8000);
  CHECK(view.items_total == 4000);
  CHECK(view.bytes_total == 8000);
  CHECK(view.problems == 4);
  progress.begin_phase("verify", 0, 0);
  progress.set_totals(5, 6);
  view = progress.view();
  CHECK(view.items_done == 0);
  CHECK(view.items_total == 5);
  CHECK(view.current.empty());
}

TEST_CASE("a problem list keeps the first and counts all") {
  ProblemList problems(2);
  for (int i = 0; i < 5; ++i)
    problems.add({std::to_string(i), "bad"});
  CHECK(problems.count() == 5);
  REQUIRE(problems.items().size() == 2);
  CHECK(problems.items()[1].item == "1");
}

TEST_CASE("a logger passes on what its level wants, one at a time") {
  std::string seen;
  Logger logger([&](LogLevel, std::string_view message) { seen += message; }, LogLevel::kWarning);
  logger.error("e");
  logger.warning("w");
  logger.info("i");
  logger.debug("d");
  CHECK(seen == "ew");
  CHECK_FALSE(logger.enabled(LogLevel::kInfo));
  Logger silent;
  CHECK_FALSE(silent.enabled(LogLevel::kError));
  silent.error("nothing");
  WorkerGroup group;
  for (int t = 0; t < 4; ++t)
    group.start([&] {
      for (int i = 0; i < 100; ++i)
        logger.error("x");
    });
  group.join();
  CHECK(seen.size() == 402);
}
