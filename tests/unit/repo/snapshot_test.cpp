#include "repo/snapshot.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

const SnapshotId kId = SnapshotId::from_hex(std::string(64, '1'));

Snapshot full() {
  Snapshot snapshot;
  snapshot.id = kId;
  snapshot.time = {1'700'000'000, 5};
  snapshot.parent = SnapshotId::from_hex(std::string(64, '2'));
  snapshot.tree = BlobId::from_hex(std::string(64, '3'));
  snapshot.paths = {"/srv/a", "/srv/<b>"};
  snapshot.hostname = "h";
  snapshot.username = "u";
  snapshot.uid = 1000;
  snapshot.gid = 100;
  snapshot.excludes = {"*.tmp"};
  snapshot.tags = {"one", "pra:source=db", "pra:type=postgres"};
  snapshot.original = SnapshotId::from_hex(std::string(64, '4'));
  snapshot.program_version = "pra 0.1.0";
  SnapshotSummary summary;
  summary.backup_start = {1'700'000'000, 0};
  summary.backup_end = {1'700'000'009, 0};
  summary.files_new = 1;
  summary.files_changed = 2;
  summary.files_unmodified = 3;
  summary.dirs_new = 4;
  summary.dirs_changed = 5;
  summary.dirs_unmodified = 6;
  summary.data_blobs = 7;
  summary.tree_blobs = 8;
  summary.data_added = 9;
  summary.data_added_packed = 10;
  summary.total_files_processed = 11;
  summary.total_bytes_processed = 12;
  snapshot.summary = summary;
  return snapshot;
}

}  // namespace

TEST_CASE("a snapshot is written in restic's order") {
  const std::string expected =
      R"({"time":"2023-11-14T22:13:20.000000005Z",)"
      R"("parent":"2222222222222222222222222222222222222222222222222222222222222222",)"
      R"("tree":"3333333333333333333333333333333333333333333333333333333333333333",)"
      R"("paths":["/srv/a","/srv/\u003cb\u003e"],"hostname":"h","username":"u","uid":1000,)"
      R"("gid":100,"excludes":["*.tmp"],"tags":["one","pra:source=db","pra:type=postgres"],)"
      R"("original":"4444444444444444444444444444444444444444444444444444444444444444",)"
      R"("program_version":"pra 0.1.0","summary":{"backup_start":"2023-11-14T22:13:20Z",)"
      R"("backup_end":"2023-11-14T22:13:29Z","files_new":1,"files_changed":2,)"
      R"("files_unmodified":3,"dirs_new":4,"dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,)"
      R"("tree_blobs":8,"data_added":9,"data_added_packed":10,"total_files_processed":11,)"
      R"("total_bytes_processed":12}})";
  CHECK(encode_snapshot(full()) == expected);
  CHECK(encode_snapshot(decode_snapshot(expected, kId)) == expected);
  CHECK(full().source() == "db");
  CHECK(full().type() == "postgres");
}

TEST_CASE("a snapshot with little in it") {
  const std::string text = R"({"time":"2023-01-01T02:00:00+02:00","tree":")" +
                           std::string(64, '3') +
                           R"(","paths":null,"tags":null,"something new":{"a":[1]}})";
  const Snapshot snapshot = decode_snapshot(text, kId);
  CHECK(snapshot.id == kId);
  CHECK(snapshot.time == Timestamp{1'672'531'200, 0});
  CHECK_FALSE(snapshot.parent);
  CHECK_FALSE(snapshot.summary);
  CHECK(snapshot.paths.empty());
  CHECK(snapshot.source().empty());
  CHECK(snapshot.type() == "files");
}

TEST_CASE("malformed snapshots are damage, and are named") {
  const std::string tree = "\"tree\":\"" + std::string(64, '3') + "\"";
  for (const std::string& bad :
       {std::string("[]"), std::string("{}"), std::string("{\"time\":\"2023-01-01T00:00:00Z\"}"),
        "{\"time\":\"x\"," + tree + "}", "{" + tree + "}",
        std::string("{\"time\":\"2023-01-01T00:00:00Z\",\"tree\":null}"),
        std::string("{\"time\":\"2023-01-01T00:00:00Z\",\"tree\":\"33\"}"),
        "{\"time\":\"2023-01-01T00:00:00Z\"," + tree + ",\"paths\":[1]}",
        "{\"time\":\"2023-01-01T00:00:00Z\"," + tree + ",\"uid\":4294967296}"}) {
    const auto decode = [&] { (void)decode_snapshot(bad, kId); };
    CHECK_MESSAGE(test::code_of(decode) == ErrorCode::kCorrupt, bad);
    CHECK(test::words_of(decode).find("11111111") != std::string::npos);
  }
}

TEST_CASE("filters hold for all that they name") {
  const Snapshot snapshot = full();
  CHECK(matches(snapshot, {}));
  CHECK(matches(snapshot, {"h", "db", {"one"}, {"/srv/a"}}));
  CHECK_FALSE(matches(snapshot, {"other", "", {}, {}}));
  CHECK_FALSE(matches(snapshot, {"", "other", {}, {}}));
  CHECK_FALSE(matches(snapshot, {"", "", {"one", "two"}, {}}));
  CHECK_FALSE(matches(snapshot, {"", "", {}, {"/srv"}}));
}
