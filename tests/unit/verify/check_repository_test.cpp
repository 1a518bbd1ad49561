// Whatever happens to a repository's files, a check that reads the data finds it.
#include <doctest/doctest.h>

#include <random>

#include "repo/repository_fixture.hpp"
#include "support/damage.hpp"
#include "support/errors.hpp"
#include "support/hurried_clock.hpp"
#include "support/snapshot_builder.hpp"
#include "verify/verify.hpp"

using namespace pra;

namespace {

std::string noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (auto& byte : out)
    byte = static_cast<char>(random());
  return out;
}

struct Case {
  test::RepositoryFixture fixture;
  std::shared_ptr<repo::Repository> repository;

  Case() {
    fixture.clock = std::make_shared<test::HurriedClock>();
    repository = fixture.create();
  }
  repo::Snapshot add(std::uint32_t seed) const {
    test::SnapshotBuilder builder(*repository, 64 << 10);
    for (std::uint32_t i = 0; i < 12; ++i) {
      builder.file("dir/file" + std::to_string(i), noise(20'000 + i, seed + i));
      builder.file("text" + std::to_string(i), std::string(5'000 + i, 'x'));
    }
    return builder.finish();
  }
  static verify::CheckResult check(repo::Repository& repository, bool read_data, double share = 1) {
    verify::CheckOptions options;
    options.read_data = read_data;
    options.share = share;
    Progress progress;
    return verify::check_repository(repository, options, progress, {});
  }
};

std::string all_of(const verify::CheckResult& result) {
  std::string out;
  for (const auto& finding : result.findings)
    out += finding.severity + " " + finding.object + ": " + finding.message + "\n";
  for (const auto& path : result.damaged_files)
    out += path + "\n";
  return out;
}

}  // namespace

TEST_CASE("a sound repository has no findings") {
  Case test;
  test.add(1);
  test.add(100);
  const auto result = Case::check(*test.repository, true);
  INFO(all_of(result));
  CHECK(result.findings.empty());
  CHECK(result.snapshots == 2);
  CHECK(result.trees == 4);
  CHECK(result.blobs == 4 + 24 + 12);
  CHECK(result.packs == test.fixture.count("data"));
  CHECK(result.packs_read == result.packs);
  CHECK(test.fixture.count("locks") == 0);
  CHECK(Case::check(*test.repository, true, 0.3).packs_read < result.packs);
  CHECK(Case::check(*test.repository, false).packs_read == 0);
  CHECK(test::code_of([&] { Case::check(*test.repository, true, 0); }) ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("every flip, truncation and removal is found, and what it costs is named") {
  Case test;
  test.add(1);
  const auto files = test::files_below(test.fixture.path());
  REQUIRE(files.size() > 5);
  std::random_device device;
  const auto seed = device();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 250; ++i) {
    const auto& path = files[random() % files.size()];
    const auto kind = static_cast<test::Damage::Kind>(random() % 3);
    const test::Damage damage(path, kind, random());
    INFO(path << " kind " << static_cast<int>(kind) << " round " << i);
    try {
      const auto repository = test.fixture.open();
      const auto result = Case::check(*repository, true);
      INFO(all_of(result));
      // A snapshot that is gone altogether leaves nothing that could miss it but its packs.
      const bool lost_snapshot =
          kind == test::Damage::Kind::kRemove && path.find("/snapshots/") != std::string::npos;
      CHECK((result.error_count > 0 || lost_snapshot));
      // (A flip in a pack's header costs no blob: the index knows them.)
      if (path.find("/data/") != std::string::npos && kind == test::Damage::Kind::kRemove)
        CHECK(!result.damaged_files.empty());
    } catch (const Error& error) {
      // Without a key or config there is no opening it: that is found even earlier.
      const bool cannot_open =
          path.find("/keys/") != std::string::npos || path.ends_with("/config");
      INFO(error.what());
      CHECK(cannot_open);
    }
  }
  CHECK(Case::check(*test.fixture.open(), true).error_count == 0);
}

TEST_CASE("a second key or a lock that is damaged is found") {
  Case test;
  test.add(1);
  const auto key = test::files_below(test.fixture.path() + "/keys").front();
  const auto second = test.fixture.path() + "/keys/" + std::string(64, 'a');
  std::filesystem::copy(key, second);
  auto result = Case::check(*test.repository, false);
  CHECK(result.error_count == 1);
  CHECK(result.findings.front().object == "keys/" + std::string(64, 'a'));
  std::filesystem::remove(second);
  std::ofstream(test.fixture.path() + "/locks/" + std::string(64, 'b')) << "not a lock";
  result = Case::check(*test.repository, false);
  CHECK(result.error_count == 1);
  CHECK(result.findings.front().object == "locks/" + std::string(64, 'b'));
}

TEST_CASE("files of a lost pack are named, and only they") {
  Case test;
  const auto snapshot = test.add(1);
  test.repository->load_index({});
  const auto tree = test.repository->load_tree(snapshot.tree, {});
  const auto dir = test.repository->load_tree(tree[0].subtree, {});
  const auto place =
      *test.repository->index().find({repo::BlobType::kData, dir[3].content.front()});
  const auto path =
      test.fixture.path() + "/" + repo::object_name(repo::FileKind::kPack, place.pack.hex());
  const test::Damage damage(path, test::Damage::Kind::kFlip, (place.offset + 100) * 8);
  CHECK(Case::check(*test.fixture.open(), false).error_count == 0);
  const auto result = Case::check(*test.fixture.open(), true);
  CHECK(result.error_count == 2);
  REQUIRE(result.damaged_files.size() == 1);
  CHECK(result.damaged_files[0] ==
        "/dir/" + dir[3].name + " (snapshot " + snapshot.id.short_hex() + ")");
}

TEST_CASE("a damaged blob that has a good copy elsewhere costs no file") {
  Case test;
  const auto snapshot = test.add(1);
  const auto packs = test::files_below(test.fixture.path() + "/data");
  // The same blobs again, by a writer that could not know them.
  const auto index = test.fixture.path() + "/index";
  const auto aside = test.fixture.path() + "/aside";
  std::filesystem::rename(index, aside);
  std::filesystem::create_directory(index);
  {
    const auto other = test.fixture.open();
    repo::BlobWriter writer(*other, {}, {});
    auto worker = writer.make_worker();
    for (std::uint32_t i = 0; i < 12; ++i) {
      worker.save(repo::BlobType::kData, as_bytes(noise(20'000 + i, 1 + i)));
      worker.save(repo::BlobType::kData, as_bytes(std::string(5'000 + i, 'x')));
    }
    writer.finish();
  }
  for (const auto& path : test::files_below(aside))
    std::filesystem::rename(path, index + path.substr(aside.size()));
  REQUIRE(test::files_below(test.fixture.path() + "/data").size() > packs.size());
  for (const auto& pack : packs) {
    const test::Damage damage(pack, test::Damage::Kind::kFlip, 4321);
    const auto result = Case::check(*test.fixture.open(), true);
    CHECK(result.error_count > 0);
    for (const auto& file : result.damaged_files)
      CHECK(file.find("file") == std::string::npos);
  }
}

TEST_CASE("a pack that no index knows is a warning") {
  Case test;
  test.add(1);
  const auto index = test::files_below(test.fixture.path() + "/index");
  const auto snapshots = test::files_below(test.fixture.path() + "/snapshots");
  {
    test::SnapshotBuilder builder(*test.repository);
    builder.file("more", "more");
    builder.finish();
  }
  for (const auto& path : test::files_below(test.fixture.path() + "/index"))
    if (path != index.front()) std::filesystem::remove(path);
  for (const auto& path : test::files_below(test.fixture.path() + "/snapshots"))
    if (path != snapshots.front()) std::filesystem::remove(path);
  const auto result = Case::check(*test.fixture.open(), true);
  INFO(all_of(result));
  CHECK(result.error_count == 0);
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].severity == "warning");
}
