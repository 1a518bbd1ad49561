#include "base/units.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/errors.hpp"

using namespace pra;
using namespace std::chrono_literals;
using pra::test::code_of;

TEST_CASE("durations are read") {
  CHECK(parse_duration("0") == 0s);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("15m") == 15min);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("1h30m15s500ms") == 90min + 15s + 500ms);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("1w") == 168h);
  CHECK(parse_duration("1.5h") == 90min);
}

TEST_CASE("what is no duration is refused with a hint") {
  for (const std::string text : {"", "15", "m", "-1s", "1 s", "1x", "1hm", "1h 30m", "1e3s", "inf",
                                 "nans", "1.h.", "99999999999w", "1M"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)parse_duration(text); }) == ErrorCode::kInvalidArgument);
    CHECK(test::words_of([&] { (void)parse_duration(text); }).find(" | ") != std::string::npos);
  }
}

TEST_CASE("durations are written") {
  CHECK(format_duration(0s) == "0ms");
  CHECK(format_duration(120ms) == "120ms");
  CHECK(format_duration(3400ms) == "3.4s");
  CHECK(format_duration(42s) == "42s");
  CHECK(format_duration(72s) == "1m 12s");
  CHECK(format_duration(1h + 12min) == "1h 12m");
  CHECK(format_duration(49h) == "2d 01h");
  CHECK(format_duration(-90s) == "-1m 30s");
}

TEST_CASE("sizes are read") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size("1.5GiB") == 1610612736);
  CHECK(parse_size("10MB") == 10'000'000);
  CHECK(parse_size("10 MB") == 10'000'000);
  CHECK(parse_size("3M") == 3145728);
  CHECK(parse_size("1G") == 1073741824);
  CHECK(parse_size("2TiB") == 2199023255552);
}

TEST_CASE("what is no size is refused with a hint") {
  for (const std::string text :
       {"", "K", "-1", "1X", "1 2", "1KiBs", "0x10", "1e30", "99999999999T", "inf"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)parse_size(text); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("sizes are written") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.000 KiB");
  CHECK(format_size(1325000000) == "1.234 GiB");
  CHECK(format_size(UINT64_MAX) == "16384.000 PiB");
}
