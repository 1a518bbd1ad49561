#include "source/postgres/snapshot_layout.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::source::postgres;

namespace {

Description sample() {
  Description description;
  description.system_identifier = "7711208194629900653";
  description.version = "15.20";
  description.start_lsn = parse_lsn("2/FD000028");
  description.end_lsn = parse_lsn("2/FD000138");
  description.timeline = 3;
  description.started = {1'700'000'000, 5};
  description.ended = {1'700'000'060, 0};
  description.wal_segment_size = 16 << 20;
  description.data_checksums = true;
  description.from_standby = true;
  description.page_group = 65536;
  description.tablespaces = {{16384, "/srv/fa\xffst", false}, {16385, "pg_tblspc/16385", true}};
  return description;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("what is known of a base backup survives its file, odd bytes included") {
  const Description before = sample();
  const Description after = decode_description(encode_description(before));
  CHECK(after.system_identifier == before.system_identifier);
  CHECK(after.version == before.version);
  CHECK(after.major() == "15");
  CHECK(after.start_lsn == before.start_lsn);
  CHECK(after.end_lsn == before.end_lsn);
  CHECK(after.timeline == 3);
  CHECK(after.started == before.started);
  CHECK(after.ended == before.ended);
  CHECK(after.wal_segment_size == before.wal_segment_size);
  CHECK(after.data_checksums);
  CHECK(after.from_standby);
  CHECK(after.page_group == 65536);
  REQUIRE(after.tablespaces.size() == 2);
  CHECK(after.tablespaces[0].oid == 16384);
  CHECK(after.tablespaces[0].location == "/srv/fa\xffst");
  CHECK(after.tablespaces[1].in_place);
}

TEST_CASE("a forged description is refused") {
  const std::string good = encode_description(sample());
  const auto code = [](const std::string& text) {
    return test::code_of([&] { (void)decode_description(text); });
  };
  CHECK(code(good) == std::nullopt);
  CHECK(code("") == ErrorCode::kCorrupt);
  CHECK(code("[]") == ErrorCode::kCorrupt);
  CHECK(code(with(good, "\"format\":1", "\"format\":2")) == ErrorCode::kUnsupported);
  CHECK(code(with(good, "7711208194629900653", "x")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "15.20", "../..")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "2/FD000028", "2-FD000028")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "\"timeline\":3", "\"timeline\":99999999999")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "\"oid\":16384", "\"oid\":0")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "\"oid\":16384", "\"oid\":16385")) == ErrorCode::kCorrupt);
  CHECK(code(with(good, "2f7372762f", "002f7372")) == ErrorCode::kCorrupt);
}

TEST_CASE("tags tell of a base backup without its trees") {
  repo::Snapshot snapshot;
  snapshot.tags = description_tags(sample());
  CHECK(description_tag(snapshot, "version") == "15");
  CHECK(description_tag(snapshot, "system_id") == "7711208194629900653");
  CHECK(description_tag(snapshot, "start_lsn") == "2/FD000028");
  CHECK(description_tag(snapshot, "end_lsn") == "2/FD000138");
  CHECK(description_tag(snapshot, "timeline") == "3");
  CHECK(description_tag(snapshot, "page_group") == "65536");
  CHECK(description_tag(snapshot, "page") == std::nullopt);
}
