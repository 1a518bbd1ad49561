#include "backup/cluster_receiver.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "repo/repository_fixture.hpp"
#include "support/errors.hpp"
#include "support/tar_builder.hpp"

using namespace pra;
using backup::ClusterReceiver;
using backup::MemoryTree;
using pra::test::TarBuilder;
namespace pg = pra::source::postgres;

namespace {

constexpr std::uint64_t kSegment = 1 << 20;

std::string manifest() {
  const std::string body = "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n";
  return body + "\"Manifest-Checksum\": \"" + crypto::sha256(as_bytes(body)).hex() + "\"}\n";
}

/// What a server sends of a small cluster; tests take parts away.
struct Server {
  pg::BaseBackupStart start{pg::parse_lsn("0/200028"), 1, {{0, "", 4096}}};
  pg::BaseBackupEnd end{pg::parse_lsn("0/300100"), 1};
  std::vector<std::string> tablespaces;  ///< Archives of those in `start` but the last.
  std::string label = "START WAL LOCATION: 0/200028\nBACKUP FROM: primary\nSTART TIME: now\n";
  std::vector<std::string> segments = {"000000010000000000000002", "000000010000000000000003"};
  std::vector<std::pair<std::string, std::string>> links;
  std::vector<std::string> in_place;
  std::vector<std::string> more_files;
  std::string sent_manifest = manifest();
  bool with_control = true;

  [[nodiscard]] std::string data_archive() const {
    TarBuilder tar;
    if (!label.empty()) tar.file("backup_label", label);
    tar.file("PG_VERSION", "15\n").directory("base").directory("global").directory("pg_wal");
    tar.file("base/1", std::string(100'000, 'r'));
    tar.directory("pg_tblspc");
    for (const auto& [oid, location] : links)
      tar.symlink("pg_tblspc/" + oid, location);
    for (const auto& oid : in_place)
      tar.directory("pg_tblspc/" + oid);
    for (const auto& name : more_files)
      tar.file(name, "x");
    if (with_control) tar.file("global/pg_control", std::string(8192, 'c'));
    for (const auto& name : segments)
      tar.file("pg_wal/" + name, std::string(kSegment, 'w'));
    return tar.bytes();
  }
};

struct Received {
  MemoryTree tree;
  pg::Description description;
};

Received receive(const Server& server) {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  Progress progress;
  repo::BlobWriter writer(*repository, {}, {});
  ClusterReceiver receiver(writer, {0, 2}, progress);
  receiver.begin_backup(server.start);
  std::vector<std::string> archives = server.tablespaces;
  archives.push_back(server.data_archive());
  for (std::size_t i = 0; i < archives.size(); ++i) {
    receiver.begin_archive(i);
    receiver.archive_content(as_bytes(archives[i]));
    receiver.end_archive();
  }
  receiver.manifest_content(as_bytes(server.sent_manifest));
  Received received;
  received.description.wal_segment_size = kSegment;
  received.tree = receiver.finish(server.end, received.description);
  return received;
}

std::optional<ErrorCode> code(const Server& server) {
  return test::code_of([&] { (void)receive(server); });
}

std::string tablespace_archive() {
  return TarBuilder().directory("PG_15_202209061").file("PG_15_202209061/1", "t").end().bytes();
}

}  // namespace

TEST_CASE("a cluster becomes a tree that is a data directory") {
  const Received got = receive({});
  CHECK(got.description.page_group == 65536);
  CHECK(got.description.timeline == 1);
  CHECK_FALSE(got.description.from_standby);
  REQUIRE(got.tree.find("data/base/1") != nullptr);
  CHECK(got.tree.find("data/base/1")->content.size() == 2);
  CHECK(got.tree.find("data")->mode == 0700);
  CHECK(got.tree.find("data/backup_manifest")->size == manifest().size());
  CHECK(got.tree.find("data/pg_wal/000000010000000000000002")->content.size() == 1);
  CHECK(got.tree.find("tablespaces") == nullptr);
}

TEST_CASE("tablespaces lie beside the data, and the links to them are relative") {
  Server server;
  server.start.tablespaces.insert(server.start.tablespaces.begin(),
                                  {{16384, "/srv/fast", 0}, {16385, "pg_tblspc/16385", 0}});
  server.tablespaces = {tablespace_archive(), tablespace_archive()};
  server.links = {{"16384", "/srv/fast"}, {"16999", "/srv/made-meanwhile"}};
  server.in_place = {"16385"};
  const Received got = receive(server);
  CHECK(got.tree.find("data/pg_tblspc/16384")->link_target == "../../tablespaces/16384");
  CHECK(got.tree.find("tablespaces/16384/PG_15_202209061/1") != nullptr);
  CHECK(got.tree.find("data/pg_tblspc/16385/PG_15_202209061/1") != nullptr);
  CHECK(got.tree.find("tablespaces/16385") == nullptr);
  CHECK(got.tree.find("data/pg_tblspc/16999") == nullptr);
  REQUIRE(got.description.tablespaces.size() == 2);
  CHECK(got.description.tablespaces[0].location == "/srv/fast");
  CHECK(got.description.tablespaces[1].in_place);
}

TEST_CASE("a tablespace of which the server sent nothing is a failure") {
  Server server;
  server.start.tablespaces.insert(server.start.tablespaces.begin(), {{16384, "../../t/1", 0}});
  server.tablespaces = {TarBuilder().end().bytes()};
  CHECK(code(server) == ErrorCode::kCorrupt);
}

TEST_CASE("a standby's backup is told apart, and its signal files are left out") {
  Server server;
  server.label = "START WAL LOCATION: 0/200028\nBACKUP FROM: standby\nSTART TIME: now\n";
  server.more_files = {"standby.signal", "recovery.signal", "base/standby.signal"};
  const Received got = receive(server);
  CHECK(got.description.from_standby);
  CHECK(got.tree.find("data/standby.signal") == nullptr);
  CHECK(got.tree.find("data/recovery.signal") == nullptr);
  CHECK(got.tree.find("data/base/standby.signal") != nullptr);
}

TEST_CASE("each missing part of a backup is a failure") {
  CHECK(code({}) == std::nullopt);
  for (const std::vector<std::string>& segments :
       {std::vector<std::string>{}, {"000000010000000000000002"}, {"000000010000000000000003"}}) {
    Server server;
    server.segments = segments;
    CHECK(code(server) == ErrorCode::kCorrupt);
  }
  Server no_label;
  no_label.label.clear();
  CHECK(code(no_label) == ErrorCode::kCorrupt);
  Server no_control;
  no_control.with_control = false;
  CHECK(code(no_control) == ErrorCode::kCorrupt);
  Server cut_manifest;
  cut_manifest.sent_manifest.resize(40);
  CHECK(code(cut_manifest) == ErrorCode::kCorrupt);
  Server no_manifest;
  no_manifest.sent_manifest.clear();
  CHECK(code(no_manifest) == ErrorCode::kCorrupt);
  Server twice;
  twice.more_files = {"PG_VERSION"};
  CHECK(code(twice) == ErrorCode::kCorrupt);
}

TEST_CASE("segments of an earlier timeline count") {
  Server server;
  server.end.timeline = server.start.timeline = 3;
  server.segments = {"000000020000000000000002", "000000030000000000000003"};
  CHECK(code(server) == std::nullopt);
}

TEST_CASE("blobs grow with the cluster") {
  CHECK(backup::page_group_for(0) == 64 * 1024);
  CHECK(backup::page_group_for(99'000'000'000) == 64 * 1024);
  CHECK(backup::page_group_for(100'000'000'000) == 128 * 1024);
  CHECK(backup::page_group_for(2'000'000'000'000) == 256 * 1024);
}
