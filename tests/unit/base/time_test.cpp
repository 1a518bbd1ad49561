#include "base/time.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "base/certificate_date.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace std::chrono_literals;
using pra::test::code_of;

TEST_CASE("RFC 3339, fractions trimmed") {
  CHECK(format_rfc3339({0, 0}) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339({1'763'802'000, 500'000'000}) == "2025-11-22T09:00:00.5Z");
  CHECK(format_rfc3339({1'763'802'000, 1}) == "2025-11-22T09:00:00.000000001Z");
  CHECK(format_rfc3339({1'763'802'000, 123'456'780}) == "2025-11-22T09:00:00.12345678Z");
  CHECK(format_rfc3339({951'782'400, 0}) == "2000-02-29T00:00:00Z");
  CHECK(format_rfc3339({-1, 999'999'999}) == "1969-12-31T23:59:59.999999999Z");
  CHECK(format_rfc3339({-62135596800, 0}) == "0001-01-01T00:00:00Z");
}

TEST_CASE("years outside 0 to 9999 are clamped") {
  CHECK(format_rfc3339({253402300799, 0}) == "9999-12-31T23:59:59Z");
  const auto above = format_rfc3339({253402300800, 5});
  CHECK(above.starts_with("9999-12-31T23:59:59"));
  CHECK(format_rfc3339({INT64_MAX, 0}).starts_with("9999-"));
  CHECK(format_rfc3339({-62167219200, 0}) == "0000-01-01T00:00:00Z");
  CHECK(format_rfc3339({-62167219201, 0}).starts_with("0000-01-01T00:00:00"));
  CHECK(format_rfc3339({INT64_MIN, 0}).starts_with("0000-"));
}

TEST_CASE("what is written is read back") {
  for (const std::int64_t seconds : {-62167219200LL, -62135596801LL, -86401LL, -1LL, 0LL, 1LL,
                                     951782399LL, 1763802000LL, 253402300799LL})
    for (const std::int32_t nanoseconds : {0, 1, 999'999'999, 120'000'000}) {
      const Timestamp time{seconds, nanoseconds};
      CHECK(parse_rfc3339(format_rfc3339(time)) == time);
    }
}

TEST_CASE("offsets, cases and long fractions are read") {
  const Timestamp noon{1'763'812'800, 0};  // 2025-11-22T12:00:00Z
  CHECK(parse_rfc3339("2025-11-22T12:00:00Z") == noon);
  CHECK(parse_rfc3339("2025-11-22t12:00:00z") == noon);
  CHECK(parse_rfc3339("2025-11-22 13:00:00+01:00") == noon);
  CHECK(parse_rfc3339("2025-11-22T06:30:00-05:30") == noon);
  CHECK(parse_rfc3339("2025-11-23T00:00:00+12:00") == noon);
  CHECK(parse_rfc3339("2025-11-22T12:00:00.1234567899999Z").nanoseconds == 123'456'789);
}

TEST_CASE("what is no time is refused") {
  for (const std::string text :
       {"", "2025", "2025-11-22", "2025-11-22T12:00:00", "2025-13-01T00:00:00Z",
        "2025-02-29T00:00:00Z", "2025-11-22T24:00:00Z", "2025-11-22T12:60:00Z",
        "2025-11-22T12:00:61Z", "2025-11-22T12:00:00.Z", "2025-11-22T12:00:00+25:00",
        "2025-11-22T12:00:00+01:60", "2025-11-22T12:00:00+0100", "2025-11-22T12:00:00Zx",
        "-025-11-22T12:00:00Z", "2025-1-22T12:00:00Z", "2025/11/22T12:00:00Z", "now"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)parse_rfc3339(text); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("sums and differences, also before 1970") {
  const Timestamp start{10, 900'000'000};
  CHECK(start.plus(200ms) == Timestamp{11, 100'000'000});
  CHECK(start.plus(-950ms) == Timestamp{9, 950'000'000});
  CHECK(start.plus(-11s) == Timestamp{-1, 900'000'000});
  CHECK(Timestamp{0, 0}.plus(-1ns) == Timestamp{-1, 999'999'999});
  CHECK(Timestamp{-1, 500'000'000}.plus(500ms) == Timestamp{0, 0});
  CHECK(start.since({10, 0}) == 900ms);
  CHECK(Timestamp{-1, 0}.since({1, 1}) == -2s - 1ns);
  CHECK(Timestamp{-1, 999'999'999} < Timestamp{0, 0});
}

TEST_CASE("the system's clock") {
  const auto clock = system_clock();
  const auto before = clock->now();
  CHECK(before.seconds > 1'600'000'000);
  CHECK(clock->sleep(20ms, {}));
  CHECK(clock->now().since(before) >= 19ms);

  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(30ms);
    source.request_stop();
  });
  const auto started = std::chrono::steady_clock::now();
  CHECK_FALSE(clock->sleep(60s, source.get_token()));
  CHECK(std::chrono::steady_clock::now() - started < 10s);
  stopper.join();
  CHECK_FALSE(clock->sleep(0s, source.get_token()));
}

TEST_CASE("local time has its form") {
  const auto text = format_local({1'763'802'000, 0});
  CHECK(text.size() == 19);
  CHECK(text.substr(0, 8) == "2025-11-");
}

TEST_CASE("dates of certificates, as two libraries print them") {
  const Timestamp nine{1'763'802'000, 0};
  CHECK(parse_certificate_date("Nov 22 09:00:00 2025 GMT") == nine);
  CHECK(parse_certificate_date("2025-11-22 09:00:00 GMT") == nine);
  CHECK(parse_certificate_date("Jan  1 00:00:00 1970 GMT") == Timestamp{0, 0});
  CHECK_FALSE(parse_certificate_date("Nov 22 09:00:00 2025"));
  CHECK_FALSE(parse_certificate_date("Foo 22 09:00:00 2025 GMT"));
  CHECK_FALSE(parse_certificate_date("ovD 22 09:00:00 2025 GMT"));
  CHECK_FALSE(parse_certificate_date("Feb 30 09:00:00 2025 GMT"));
  CHECK_FALSE(parse_certificate_date(""));
}
