#include "source/postgres/lsn.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::source::postgres;

TEST_CASE("positions of the log are read and written as the server does") {
  CHECK(parse_lsn("16/B374D848").value == 0x16B374D848);
  CHECK(format_lsn({0x16B374D848}) == "16/B374D848");
  CHECK(parse_lsn("FFFFFFFF/FFFFFFFF").value == ~std::uint64_t{0});
  CHECK(format_lsn(parse_lsn("0/0")) == "0/0");
  for (const char* text : {"", "/", "1", "1/", "/1", "1/2/3", "x/1", "1/123456789", "-1/0", "1/ 2"})
    CHECK(test::code_of([&] { (void)parse_lsn(text); }) == ErrorCode::kCorrupt);
}

TEST_CASE("segments are named as the server does, for every segment size") {
  constexpr std::uint64_t kMiB = 1 << 20;
  CHECK(segment_name(1, segment_of(parse_lsn("2/FD000028"), 16 * kMiB), 16 * kMiB) ==
        "0000000100000002000000FD");
  CHECK(segment_name(0xA, segment_of(parse_lsn("1/C0000000"), 1024 * kMiB), 1024 * kMiB) ==
        "0000000A0000000100000003");
  CHECK(segment_name(1, segment_of(parse_lsn("0/FFF00000"), kMiB), kMiB) ==
        "000000010000000000000FFF");
  // The end is exclusive: at a boundary the segment before it is the last.
  CHECK(last_segment_before(parse_lsn("0/2000000"), 16 * kMiB) == 1);
  CHECK(last_segment_before(parse_lsn("0/2000001"), 16 * kMiB) == 2);
}
