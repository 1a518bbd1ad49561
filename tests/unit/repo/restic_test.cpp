// The real restic, where it is installed, as the judge of what we write and the writer of what we
// read.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "base/process.hpp"
#include "repo/blob_writer.hpp"
#include "repo/repository_fixture.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

class Restic {
 public:
  explicit Restic(const test::RepositoryFixture& fixture) : fixture_(fixture) {}

  [[nodiscard]] static bool is_installed() {
    ProcessRequest request;
    request.command = {"restic", "version"};
    try {
      return run_process(request, {}).exit_code == 0;
    } catch (const Error&) {
      return false;
    }
  }

  ProcessResult operator()(std::vector<std::string> arguments) const {
    ProcessRequest request;
    request.command = {"restic", "--no-cache", "--repo", fixture_.path()};
    request.command.insert(request.command.end(), arguments.begin(), arguments.end());
    request.environment["RESTIC_PASSWORD_FILE"] = fixture_.key_file();
    request.environment["TZ"] = "Asia/Kathmandu";
    request.output_limit = 64 << 20;
    ProcessResult result = run_process(request, {});
    INFO(result.output);
    INFO(result.error_output);
    CHECK(result.exit_code == 0);
    return result;
  }

 private:
  const test::RepositoryFixture& fixture_;
};

Buffer pattern(std::size_t size, std::uint32_t seed, bool random) {
  Buffer out(size);
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& byte : out) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(random ? state >> 24 : (state >> 28) + 'a');
  }
  return out;
}

Node file_node(const std::string& name, std::vector<BlobId> content, std::uint64_t size) {
  Node node;
  node.name = name;
  node.mode = 0644;
  node.modified = node.accessed = node.changed = {1'700'000'000, 123'456'789};
  node.inode = 7;
  node.links = 1;
  node.user = "root";
  node.group = "root";
  node.size = size;
  node.content = std::move(content);
  return node;
}

}  // namespace

TEST_CASE("restic checks and restores a repository that we made") {
  if (!Restic::is_installed()) {
    MESSAGE("restic is not installed");
    return;
  }
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobWriterOptions options;
  options.pack_size = 1 << 20;  // several packs
  BlobWriter writer(*repository, options, {});
  std::vector<Node> nodes;
  {
    auto worker = writer.make_worker();
    for (std::uint32_t i = 0; i < 40; ++i) {
      const Buffer content = pattern(1000 + i * 7919 * 3, i, i % 3 == 0);
      nodes.push_back(file_node("file" + std::to_string(100 + i),
                                {worker.save(BlobType::kData, content)}, content.size()));
    }
    nodes.push_back(file_node("zero", {}, 0));
    nodes.push_back(file_node("\xff<&>\xc2\xa0\"", {}, 0));
    std::sort(nodes.begin(), nodes.end(),
              [](const Node& a, const Node& b) { return a.name < b.name; });
    Snapshot snapshot;
    snapshot.tree = worker.save(BlobType::kTree, as_bytes(encode_tree(nodes)));
    writer.finish();
    snapshot.time = repository->clock().now();
    snapshot.paths = {"/data"};
    snapshot.hostname = "host";
    snapshot.username = "root";
    snapshot.tags = {"pra:source=db"};
    snapshot.summary.emplace();
    const SnapshotId id = repository->save_snapshot(snapshot, {});

    const Restic restic(fixture);
    const auto check = restic({"check", "--read-data"});
    CHECK(check.output.find("no errors were found") != std::string::npos);
    const auto listed = parse_json(restic({"snapshots", "--json"}).output, "restic");
    REQUIRE(listed.as_array().size() == 1);
    CHECK(listed.as_array()[0].as_object().at("id").as_string() == id.hex());

    const test::TemporaryDirectory target;
    restic({"restore", id.hex(), "--target", target.path()});
    for (std::uint32_t i = 0; i < 40; ++i) {
      std::ifstream in(target / ("file" + std::to_string(100 + i)), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      CHECK(content == as_text(pattern(1000 + i * 7919 * 3, i, i % 3 == 0)));
    }
    CHECK(std::filesystem::exists(target / "\xff<&>\xc2\xa0\""));
  }
  CHECK(fixture.count("data") > 2);
  const auto statistics = writer.statistics();
  CHECK(statistics.data_blobs == 40);
  CHECK(statistics.packs == fixture.count("data"));
}
