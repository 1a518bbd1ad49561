#include <doctest/doctest.h>
#include <pra/pra.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "support/temporary_directory.hpp"

namespace {

struct Freeing {
  void operator()(pra_context* context) const { pra_context_free(context); }
  void operator()(pra_error* error) const { pra_error_free(error); }
};
using Context = std::unique_ptr<pra_context, Freeing>;
using Problem = std::unique_ptr<pra_error, Freeing>;

/// What the callbacks of one run saw, and whether two ever ran at once.
struct Seen {
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  int progress = 0;
  int events = 0;
  std::string data;
  std::string log;
  int progress_answer = 0;
  int data_answer = 0;

  void enter() {
    if (inside.fetch_add(1) != 0) overlapped = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    inside.fetch_sub(1);
  }
};

int on_progress(const pra_progress* progress, void* user_data) {
  auto& seen = *static_cast<Seen*>(user_data);
  seen.enter();
  CHECK(progress->size >= sizeof *progress);
  CHECK(progress->elapsed_seconds >= 0);
  ++seen.progress;
  return seen.progress_answer;
}

void on_event(const char* event, void* user_data) {
  auto& seen = *static_cast<Seen*>(user_data);
  seen.enter();
  CHECK(std::string(event).find("\"type\":\"") != std::string::npos);
  ++seen.events;
}

int on_data(const void* bytes, size_t length, void* user_data) {
  auto& seen = *static_cast<Seen*>(user_data);
  seen.enter();
  seen.data.append(static_cast<const char*>(bytes), length);
  return seen.data_answer;
}

void on_log(pra_log_level level, const char* message, void* user_data) {
  static_cast<Seen*>(user_data)->log += std::to_string(level) + message + "\n";
}

/// A repository of its own, and operations on it by pra_run.
class Fixture {
 public:
  Fixture() {
    pra_context_options options = {};
    options.size = sizeof options;
    options.log = on_log;
    options.log_user_data = &seen;
    options.log_level = PRA_LOG_WARNING;
    options.cache_directory = "";
    pra_context* made = nullptr;
    REQUIRE(pra_context_new(&made, &options) == nullptr);
    context.reset(made);
  }

  /// The code of the error; PRA_OK and `result` when there is none.
  int run(const char* operation, const std::string& members) {
    const auto parameters = "{\"repo\":\"" + (folder / "r") + "\",\"key_file\":\"" +
                            (folder / "k") + "\"" + (members.empty() ? "" : "," + members) + "}";
    pra_callbacks callbacks = {};
    callbacks.size = sizeof callbacks;
    callbacks.progress = on_progress;
    callbacks.event = on_event;
    callbacks.data = on_data;
    char* text = nullptr;
    const Problem problem(
        pra_run(&text, context.get(), operation, parameters.c_str(), &callbacks, &seen));
    CHECK((text == nullptr) == (problem != nullptr));
    result = text == nullptr ? "" : text;
    message = pra_error_message(problem.get());
    pra_string_free(text);
    return pra_error_get_code(problem.get());
  }

  Seen seen;
  Context context;
  pra::test::TemporaryDirectory folder = pra::test::TemporaryDirectory::in_memory();
  std::string result;
  std::string message;
};

}  // namespace

TEST_CASE("an operation tells progress, events and data, one at a time") {
  Fixture fixture;
  REQUIRE(fixture.run("init", "") == PRA_OK);
  // A warning that the new key must be kept elsewhere.
  CHECK(fixture.seen.log.starts_with("1"));
  for (int i = 0; i < 50; ++i)
    std::ofstream(fixture.folder / std::to_string(i)) << i;
  REQUIRE(fixture.run("backup", R"("type":"files","paths":[")" + fixture.folder.path() + "\"]") ==
          PRA_OK);
  CHECK(fixture.seen.progress >= 1);
  REQUIRE(fixture.run("ls", "") == PRA_OK);
  CHECK(fixture.seen.events > 50);
  CHECK(fixture.result.find("entries") == std::string::npos);
  REQUIRE(fixture.run("dump", R"("file":")" + (fixture.folder / "7") + "\"") == PRA_OK);
  CHECK(fixture.seen.data == "7");
  CHECK_FALSE(fixture.seen.overlapped);
}

TEST_CASE("a caller that takes no data, or wants to stop, is heeded") {
  Fixture fixture;
  REQUIRE(fixture.run("init", "") == PRA_OK);
  const std::string backup = R"("type":"command","name":"x","command":)";
  REQUIRE(fixture.run("backup", backup + R"(["echo","hi"])") == PRA_OK);
  fixture.seen.data_answer = 1;
  CHECK(fixture.run("dump", "") == PRA_FAILED);
  CHECK(fixture.message.find("could not take the data") != std::string::npos);
  fixture.seen.progress_answer = 1;
  CHECK(fixture.run("backup", backup + R"(["sleep","60"])") == PRA_CANCELLED);
  fixture.seen.progress_answer = 0;
  CHECK(fixture.run("snapshots", "") == PRA_OK);
  CHECK(fixture.result.find("\"count\":1") != std::string::npos);

  pra_context_cancel(fixture.context.get());
  CHECK(fixture.run("snapshots", "") == PRA_CANCELLED);
  pra_context_reset(fixture.context.get());
  CHECK(fixture.run("snapshots", "") == PRA_OK);
}

TEST_CASE("parameters are text that need not be UTF-8, and wrong ones are all named") {
  Fixture fixture;
  REQUIRE(fixture.run("init", "") == PRA_OK);
  const auto odd = fixture.folder / "caf\xe9";
  std::ofstream(odd) << "x";
  REQUIRE(fixture.run("backup", R"("type":"files","paths":")" + odd + "\"") == PRA_OK);
  CHECK(fixture.result.find("\"files\":1") != std::string::npos);
  CHECK(fixture.run("restore", R"("targt":"x","overwrite":"often","verify":"perhaps")") ==
        PRA_INVALID_ARGUMENT);
  for (const auto* part :
       {"'target' is missing", "did you mean 'target'?", "'overwrite' must be", "'verify' must be"})
    CHECK(fixture.message.find(part) != std::string::npos);
}
