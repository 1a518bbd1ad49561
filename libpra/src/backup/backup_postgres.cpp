#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "backup/backup.hpp"
#include "backup/cluster_receiver.hpp"
#include "backup/snapshot_maker.hpp"
#include "base/error.hpp"
#include "repo/lock.hpp"
#include "source/postgres/base_backup.hpp"
#include "source/postgres/connection.hpp"
#include "source/postgres/snapshot_layout.hpp"

namespace pra::backup {

namespace pg = source::postgres;

namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds(30);
constexpr std::uint64_t kSmallestGroup = 8 * 1024;
constexpr std::uint64_t kLargestGroup = 8 * 1024 * 1024;

void check_page_group(std::uint64_t size) {
  if (size % kSmallestGroup != 0 || size > kLargestGroup)
    throw Error(ErrorCode::kInvalidArgument,
                "the page group must be a multiple of 8 KiB and at most 8 MiB");
}

/// The source's name as one component of a path; a cluster without one goes by its identifier.
std::string directory_name(const PostgresOptions& options, const pg::ServerFacts& facts) {
  std::string name = options.source_name.empty() ? facts.system_identifier : options.source_name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name == "." || name == ".." ? "_" : name;
}

std::optional<repo::Snapshot> find_previous(repo::Repository& repository,
                                            const PostgresOptions& options, const std::string& path,
                                            const std::stop_token& stop) {
  repo::SnapshotFilter filter;
  filter.host = host_name_of(options);
  filter.source = options.source_name;
  filter.paths = {path};
  auto candidates = repository.snapshots(filter, stop);
  std::erase_if(candidates, [](const auto& snapshot) { return snapshot.type() != "postgres"; });
  if (candidates.empty()) return std::nullopt;
  return std::move(candidates.back());
}

/// What was asked for, else what the last backup used, so that its blobs are found again; 0: to be
/// chosen by the cluster's size.
std::uint64_t choose_page_group(const PostgresOptions& options,
                                const std::optional<repo::Snapshot>& previous) {
  if (options.page_group != 0 || !previous) return options.page_group;
  const std::string text = pg::description_tag(*previous, "page_group").value_or("");
  std::uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size % kSmallestGroup == 0 && size <= kLargestGroup ? size : 0;
}

/// Saves backup.json beside the cluster and the directories above it; returns the root tree.
BlobId save_trees(repo::BlobWriter& writer, MemoryTree cluster, const pg::Description& description,
                  const std::string& name, repo::SnapshotSummary& summary) {
  auto worker = writer.make_worker();
  const std::string text = pg::encode_description(description);
  repo::Node file = cluster.own();
  file.type = repo::NodeType::kFile;
  file.mode = 0600;
  file.size = text.size();
  file.content = {worker.save(repo::BlobType::kData, as_bytes(text))};
  cluster.add(std::string(pg::kDescriptionFile), std::move(file));
  // The server's user must be able to go through these to its data, wherever they are restored.
  cluster.own().mode = 0755;
  MemoryTree top(cluster.own());
  top.graft(name, std::move(cluster));
  MemoryTree root(top.own());
  root.graft(std::string(pg::kTopDirectory), std::move(top));
  MemoryTree::Totals totals;
  const BlobId tree = root.save(worker, totals);
  summary.files_new = totals.files;
  summary.dirs_new = totals.directories;
  summary.total_files_processed = totals.files;
  summary.total_bytes_processed = totals.bytes;
  return tree;
}

std::vector<std::pair<std::string, std::string>> details_of(const pg::Description& description) {
  std::string tablespaces;
  for (const auto& tablespace : description.tablespaces)
    tablespaces += (tablespaces.empty() ? "" : ", ") + std::to_string(tablespace.oid) + "=" +
                   printable(tablespace.location);
  std::vector<std::pair<std::string, std::string>> details = {
      {"system_id", description.system_identifier},
      {"server_version", description.version},
      {"role", description.from_standby ? "standby" : "primary"},
      {"start_lsn", pg::format_lsn(description.start_lsn)},
      {"end_lsn", pg::format_lsn(description.end_lsn)},
      {"timeline", std::to_string(description.timeline)},
      {"data_checksums", description.data_checksums ? "on" : "off"},
      {"page_group", std::to_string(description.page_group)}};
  if (!tablespaces.empty()) details.emplace_back("tablespaces", tablespaces);
  return details;
}

}  // namespace

Result backup_postgres(repo::Repository& repository, const PostgresOptions& options,
                       Progress& progress, const std::stop_token& stop) {
  check_page_group(options.page_group);
  progress.begin_phase("connect", 0, 0);
  pg::Connection connection(options.dsn, kConnectTimeout, stop);
  const pg::ServerFacts facts = pg::identify_server(connection, stop);
  const std::string name = directory_name(options, facts);
  const std::string path = '/' + std::string(pg::kTopDirectory) + '/' + name;

  repo::Lock lock(repository, repo::LockMode::kShared, Duration::zero(), stop);
  SnapshotMaker maker(repository, options, "postgres", {path});
  const auto previous = find_previous(repository, options, path, stop);
  if (previous) maker.snapshot().parent = previous->id;
  repository.load_index(stop);

  pg::Description description;
  description.system_identifier = facts.system_identifier;
  description.version = facts.version;
  description.wal_segment_size = facts.wal_segment_size;
  description.data_checksums = facts.data_checksums;
  description.started = maker.started();

  repo::BlobWriter writer(repository, writer_options(options), stop);
  // The server answers when its checkpoint is done, which may take minutes.
  progress.begin_phase("checkpoint", 0, 0);
  ClusterReceiver receiver(writer, {choose_page_group(options, previous), worker_count(options)},
                           progress);
  const pg::BaseBackupEnd end = pg::receive_base_backup(
      connection, facts, {options.label, options.fast_checkpoint, options.verify_checksums},
      receiver, stop);
  description.ended = repository.clock().now();
  MemoryTree cluster = receiver.finish(end, description);
  maker.snapshot().tree =
      save_trees(writer, std::move(cluster), description, name, maker.summary());
  for (auto& tag : pg::description_tags(description))
    maker.snapshot().tags.push_back(std::move(tag));
  if (lock.lost())
    throw Error(ErrorCode::kLocked, "the repository's lock was lost during the backup",
                "run it again: what is stored is reused");
  Result result = maker.finish(writer, stop);
  result.details = details_of(description);
  return result;
}

}  // namespace pra::backup
