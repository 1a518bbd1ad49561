#include "ops/command_stream.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

namespace pra::ops {

namespace {

std::string read_all(CommandStream& stream) {
  std::string out;
  Buffer buffer(1000);
  while (const auto count = stream.read(buffer))
    out += as_text(ByteView(buffer).first(count));
  return out;
}

}  // namespace

TEST_CASE("a program's output is read whole, larger than every queue") {
  CommandStream stream({"sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x"}, {});
  const auto text = read_all(stream);
  CHECK(text.size() == 20'000'000);
  CHECK(text.find_first_not_of('x') == std::string::npos);
}

TEST_CASE("a program that fails fails the read at its end, with its last words") {
  CommandStream stream({"sh", "-c", "echo data; echo first >&2; echo 'no such table' >&2; exit 3"},
                       {});
  const auto words = test::words_of([&] { static_cast<void>(read_all(stream)); });
  CHECK(words.find("sh ended with exit code 3: no such table") != std::string::npos);
}

TEST_CASE("a program that is killed, or is not there, is no empty dump") {
  CommandStream killed({"sh", "-c", "kill -9 $$"}, {});
  CHECK(test::words_of([&] { static_cast<void>(read_all(killed)); }).find("signal 9") !=
        std::string::npos);
  CommandStream missing({"/no/such/program"}, {});
  CHECK(test::code_of([&] { static_cast<void>(read_all(missing)); }) == ErrorCode::kNotFound);
}

TEST_CASE("a stream that is given up ends its program at once") {
  const auto started = std::chrono::steady_clock::now();
  {
    CommandStream stream({"sh", "-c", "yes; sleep 60"}, {});
    Buffer buffer(10);
    CHECK(stream.read(buffer) == 10);
  }
  {
    std::stop_source stop;
    CommandStream stream({"sleep", "60"}, stop.get_token());
    stop.request_stop();
    CHECK(test::code_of([&] { static_cast<void>(read_all(stream)); }) == ErrorCode::kCancelled);
  }
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(10));
}

}  // namespace pra::ops
