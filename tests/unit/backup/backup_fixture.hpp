#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "backup/backup.hpp"
#include "base/directory.hpp"
#include "base/process.hpp"
#include "repo/repository_fixture.hpp"
#include "source/files/metadata.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

namespace pra::test {

inline void write_file(const std::string& path, std::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  REQUIRE(out.flush());
}

/// Bytes that do not compress and are the same for the same seed.
inline std::string random_text(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t value = generator();
    std::memcpy(out.data() + i, &value, std::min<std::size_t>(8, size - i));
  }
  return out;
}

/// Gives a whole tree times of the past, so that no file is of the clock tick of a backup.
inline void age(const std::string& path) {
  const struct timespec past[2] = {{1'700'000'000, 5}, {1'700'000'000, 123'456'789}};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    ::utimensat(AT_FDCWD, entry.path().c_str(), past, AT_SYMLINK_NOFOLLOW);
  std::this_thread::sleep_for(std::chrono::milliseconds(40));  // for the time of change
}

/// Every entry below a directory: its node, without what differs from one copy to the next, and
/// with the content itself.
struct Found {
  repo::Node node;
  std::string content;
  std::string linked_with;  ///< The first path of the same inode.
};
inline std::map<std::string, Found> scan(const std::string& root) {
  std::map<std::string, Found> out;
  std::map<std::uint64_t, std::string> inodes;
  source::OwnerNames owners;
  const auto add = [&](const std::filesystem::path& path) {
    const auto directory = Directory::open(path.parent_path().string());
    Found found;
    found.node = *source::node_of_entry(directory, path.filename().string(), owners);
    const auto relative = path.string().substr(root.size());
    if (found.node.type != repo::NodeType::kDirectory)
      found.linked_with = inodes.try_emplace(found.node.inode, relative).first->second;
    if (found.node.type == repo::NodeType::kFile) {
      std::ifstream in(path, std::ios::binary);
      found.content.assign(std::istreambuf_iterator<char>(in), {});
    }
    found.node.inode = found.node.device_id = 0;
    found.node.changed = {};
    if (found.node.type == repo::NodeType::kSocket) return;
    out[relative] = std::move(found);
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    add(entry.path());
  return out;
}

inline void check_same(const std::string& expected_root, const std::string& actual_root) {
  const auto expected = scan(expected_root);
  const auto actual = scan(actual_root);
  CHECK(expected.size() == actual.size());
  for (const auto& [path, wanted] : expected) {
    CAPTURE(printable(path));
    const auto place = actual.find(path);
    REQUIRE(place != actual.end());
    std::string wanted_node;
    std::string found_node;
    repo::encode_node(wanted.node, wanted_node);
    repo::encode_node(place->second.node, found_node);
    CHECK(wanted_node == found_node);
    CHECK(wanted.linked_with == place->second.linked_with);
    CHECK((wanted.content == place->second.content));
  }
}

/// A repository, a directory of files, and the real restic as judge where it is installed.
class BackupFixture {
 public:
  BackupFixture() : repository(fixture.create()) { std::filesystem::create_directories(source()); }

  [[nodiscard]] std::string source() const { return directory / "source"; }
  [[nodiscard]] std::string source(const std::string& name) const { return source() + '/' + name; }

  [[nodiscard]] backup::FileOptions options() const {
    backup::FileOptions options;
    options.paths = {source()};
    return options;
  }
  backup::Result run(const backup::FileOptions& options) const {
    Progress progress;
    return backup::backup_files(*repository, options, progress, {});
  }
  backup::Result run() const { return run(options()); }

  /// The node at a path of a snapshot's tree; nothing when there is none. From a fresh view of the
  /// repository, where others may have written.
  [[nodiscard]] std::optional<repo::Node> find(const BlobId& tree, const std::string& path) const {
    const auto fresh = fixture.open();
    fresh->load_index({});
    repo::Node at;
    at.subtree = tree;
    for (const auto& part : std::filesystem::path(path)) {
      if (part == "/") continue;
      const auto nodes = fresh->load_tree(at.subtree, {});
      const auto node = std::find_if(nodes.begin(), nodes.end(),
                                     [&](const auto& n) { return n.name == part.string(); });
      if (node == nodes.end()) return std::nullopt;
      at = *node;
    }
    return at;
  }
  /// The tree of the source itself: what leads to it may change under a test's feet.
  [[nodiscard]] BlobId source_tree(const BlobId& tree) const {
    const auto node = find(tree, source());
    REQUIRE(node);
    return node->subtree;
  }
  /// Paths below the source that are in the snapshot, sorted, directories with a '/' at the end.
  [[nodiscard]] std::vector<std::string> listed(const BlobId& tree) const {
    std::vector<std::string> out;
    if (const auto top = find(tree, source())) list(top->subtree, "", out);
    return out;
  }
  [[nodiscard]] std::string content(const repo::Node& node) const {
    std::string out;
    for (const auto& id : node.content)
      out += as_text(repository->load_blob({repo::BlobType::kData, id}, {}));
    return out;
  }

  /// Its minor version: 19 for 0.19; nothing when there is none.
  [[nodiscard]] static std::optional<int> restic_version() {
    try {
      ProcessRequest request;
      request.command = {restic_program(), "version"};
      const auto output = run_process(request, {}).output;
      return std::stoi(output.substr(output.find("restic 0.") + 9));
    } catch (const Error&) {
      MESSAGE("restic is not installed: the snapshot was not judged by it");
      return std::nullopt;
    }
  }
  [[nodiscard]] static bool has_restic() { return restic_version().has_value(); }
  ProcessResult restic(std::vector<std::string> arguments) const {
    ProcessRequest request;
    request.command = {restic_program(), "--no-cache", "--repo", fixture.path()};
    request.command.insert(request.command.end(), arguments.begin(), arguments.end());
    request.environment["RESTIC_PASSWORD_FILE"] = fixture.key_file();
    request.output_limit = 64 << 20;
    auto result = run_process(request, {});
    INFO(result.output);
    INFO(result.error_output);
    CHECK(result.exit_code == 0);
    return result;
  }
  /// Backs the source up by restic; its snapshot.
  [[nodiscard]] repo::Snapshot back_up_by_restic(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"backup", "--json", "--host", "shop"});
    arguments.push_back(source());
    restic(arguments);
    return fixture.open()->find_snapshot("latest", {}, {});
  }
  /// restic finds no fault with the repository and restores the snapshot's source as it is on disk.
  void judge(const backup::Result& result) const {
    if (!has_restic()) return;
    restic({"check", "--read-data"});
    judge_restored(result);
  }
  void judge_restored(const backup::Result& result) const {
    if (!has_restic()) return;
    const TemporaryDirectory target;
    restic({"restore", result.snapshot->hex(), "--target", target.path()});
    check_same(source(), target.path() + source());
  }

  RepositoryFixture fixture;
  TemporaryDirectory directory;
  std::shared_ptr<repo::Repository> repository;

 private:
  static std::string restic_program() {
    const char* named = std::getenv("PRA_TEST_RESTIC");
    return named != nullptr ? named : "restic";
  }
  void list(const BlobId& tree, const std::string& prefix, std::vector<std::string>& out) const {
    for (const auto& node : repository->load_tree(tree, {})) {
      const bool is_directory = node.type == repo::NodeType::kDirectory;
      out.push_back(prefix + node.name + (is_directory ? "/" : ""));
      if (is_directory) list(node.subtree, prefix + node.name + '/', out);
    }
  }
};

}  // namespace pra::test
