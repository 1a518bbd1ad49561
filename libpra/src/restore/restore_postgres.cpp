#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/descriptor_metadata.hpp"
#include "base/directory.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"
#include "restore/cluster_snapshot.hpp"
#include "restore/hooks.hpp"
#include "restore/restore.hpp"
#include "restore/tablespace_places.hpp"
#include "restore/target_directory.hpp"
#include "source/files/path.hpp"
#include "source/postgres/data_directory.hpp"

namespace pra::restore {

namespace pg = source::postgres;

namespace {

constexpr std::size_t kKeptChanges = 1000;

void check_options(const PostgresOptions& options) {
  if (options.target.empty()) throw Error(ErrorCode::kInvalidArgument, "the target has no path");
  if (!options.include.empty() || !options.exclude.empty() || !options.subpath.empty())
    throw Error(ErrorCode::kInvalidArgument, "a cluster is restored as a whole",
                "dump single files with pra dump");
  if (options.overwrite == Overwrite::kNever)
    throw Error(ErrorCode::kInvalidArgument,
                "a cluster cannot be restored around files that stay as they are");
}

/// Adds the result of one part; its paths get `prefix`.
void merge(Result& whole, const Result& part, const std::string& prefix) {
  whole.files_restored += part.files_restored;
  whole.files_unchanged += part.files_unchanged;
  whole.entries_restored += part.entries_restored;
  whole.entries_removed += part.entries_removed;
  whole.failed_files += part.failed_files;
  whole.bytes_written += part.bytes_written;
  whole.bytes_total += part.bytes_total;
  whole.changed = whole.changed || part.changed;
  for (const Change& change : part.changes)
    if (whole.changes.size() < kKeptChanges)
      whole.changes.push_back({prefix + change.path, change.action});
  whole.change_count += part.change_count;
  for (const Problem& problem : part.problems)
    if (whole.problems.size() < kKeptChanges)
      whole.problems.push_back({prefix + problem.item, problem.message});
  whole.problem_count += part.problem_count;
}

/// Restores the parts of one cluster in an order in which no half of it can be started.
class ClusterRestore {
 public:
  ClusterRestore(repo::Repository& repository, const repo::Snapshot& snapshot,
                 const PostgresOptions& options, Progress& progress, const std::stop_token& stop)
      : repository_(repository),
        snapshot_(snapshot),
        options_(options),
        progress_(progress),
        stop_(stop),
        target_(source::absolute_path(options.target)),
        cluster_(open_cluster_snapshot(repository, snapshot, stop)),
        places_(place_tablespaces(cluster_.description, options.tablespaces, target_)) {}

  Result run() {
    check_target();
    check_places_free(places_, target_);
    if (!options_.dry_run && tablespaces_change()) prepare();
    for (const auto& [oid, tablespace] : cluster_.tablespaces)
      restore_tablespace(oid, tablespace);
    restore_data();
    describe();
    return std::move(result_);
  }

 private:
  [[nodiscard]] FileSystem& files() const { return repository_.files(); }

  void check_target() const {
    const auto info = files().stat(target_);
    if (!info) return;
    if (!info->is_directory)
      throw Error(ErrorCode::kInvalidArgument, "the target is no directory: " + printable(target_));
    if (const auto pid = pg::running_server(target_))
      throw Error(
          ErrorCode::kLocked,
          "a PostgreSQL server runs on " + printable(target_) + ", process " + std::to_string(*pid),
          "stop it (pg_ctl stop), or restore to another directory");
    if (!options_.replace_foreign) check_owner_of_target();
  }

  /// What is in the target will be removed: it must be this very cluster, or what an interrupted
  /// restore of it left.
  void check_owner_of_target() const {
    if (const auto identifier = pg::system_identifier_at(target_)) {
      if (*identifier == cluster_.description.system_identifier) return;
      throw Error(ErrorCode::kAlreadyExists,
                  printable(target_) + " holds another cluster: its system identifier is " +
                      *identifier + ", the snapshot's is " + cluster_.description.system_identifier,
                  "restore to another directory, or allow it with --replace-foreign");
    }
    // Without a control file it does not start: an unfinished restore over an older cluster.
    if (files().stat(target_ + "/PG_VERSION")) return;
    std::set<std::string> known;
    for (const auto& node : cluster_.entries)
      known.insert(node.name);
    for (const auto& entry : Directory::open(target_).entries())
      if (!known.contains(entry.name))
        throw Error(ErrorCode::kAlreadyExists,
                    printable(target_) + " is not empty and holds no PostgreSQL cluster: '" +
                        printable(entry.name) + "'",
                    "restore to an empty directory, or allow it with --replace-foreign");
  }

  [[nodiscard]] Options part_options(const std::string& subpath, const std::string& target) const {
    Options options = options_;
    options.subpath = subpath;
    options.target = target;
    // Relations and segments that the backup does not know would corrupt the restored cluster.
    options.remove_extra = true;
    // Times of a live cluster's files have the second of the tar format, and prove nothing.
    options.overwrite = Overwrite::kAlways;
    return options;
  }

  [[nodiscard]] Result restore_version(std::uint32_t oid, const std::string& path,
                                       const std::string& version, bool dry_run) const {
    Options options = part_options(path + '/' + version, places_.at(oid) + '/' + version);
    options.dry_run = dry_run;
    Hooks hooks;
    hooks.write_zeros = true;
    return restore_tree(repository_, snapshot_.tree, options, hooks, progress_, stop_);
  }

  /// Whether the control file must go before the tablespaces are touched.
  [[nodiscard]] bool tablespaces_change() const {
    if (cluster_.tablespaces.empty()) return false;
    if (!files().stat(control_file())) return true;
    for (const auto& [oid, tablespace] : cluster_.tablespaces)
      for (const std::string& version : tablespace.versions)
        if (restore_version(oid, tablespace.path, version, true).changed) return true;
    return false;
  }

  [[nodiscard]] std::string control_file() const {
    return target_ + '/' + std::string(pg::kControlFile);
  }

  /// Without its control file no server starts on the target. The links are set first of all: by
  /// them the next run knows the tablespaces as its own, should this one be interrupted.
  void prepare() {
    if (files().stat(control_file())) {
      files().remove(control_file());
      files().sync_directory(target_ + "/global");
    }
    files().create_directories(target_ + '/' + std::string(pg::kTablespaceLinks), 0700);
    const Directory links = Directory::open(target_ + '/' + std::string(pg::kTablespaceLinks));
    for (const auto& [oid, place] : places_) {
      const std::string name = std::to_string(oid);
      if (const auto status = links.status(name)) {
        if (S_ISLNK(status->st_mode) && links.read_link(name) == place) continue;
        if (S_ISDIR(status->st_mode))
          throw Error(
              ErrorCode::kAlreadyExists,
              "a directory is where a tablespace's link belongs: " + printable(links.path_of(name)),
              "remove it, or restore to another directory");
        links.remove(name, false);
      }
      links.create_symlink(name, place);
    }
    links.sync();
  }

  void restore_tablespace(std::uint32_t oid, const ClusterSnapshot::Tablespace& tablespace) {
    const std::string& place = places_.at(oid);
    if (!options_.dry_run) own_directory(place, tablespace.node);
    for (const std::string& version : tablespace.versions)
      merge(result_, restore_version(oid, tablespace.path, version, options_.dry_run),
            place + '/' + version + '/');
  }

  void restore_data() {
    if (!options_.dry_run) own_directory(target_, cluster_.data);
    Hooks hooks;
    hooks.write_last = {std::string(pg::kControlFile)};
    hooks.write_zeros = true;
    for (const auto& [oid, place] : places_)
      hooks.link_targets[std::string(pg::kTablespaceLinks) + '/' + std::to_string(oid)] = place;
    Options options = part_options(cluster_.data_path, target_);
    const bool whole = result_.failed_files == 0;
    if (!whole) options.exclude = {'/' + std::string(pg::kControlFile)};
    merge(result_, restore_tree(repository_, snapshot_.tree, options, hooks, progress_, stop_), "");
    if (whole) return;
    ++result_.failed_files;
    add_problem(control_file(), "left out, because a tablespace could not be restored whole");
  }

  /// Makes the directory if need be, with the owner and mode that PostgreSQL insists on.
  void own_directory(const std::string& path, const repo::Node& node) {
    if (!files().stat(path)) create_target_directory(files(), path);
    const Directory directory = Directory::open(path);
    const struct stat status = directory.own_status();
    const auto change = [&](const char* what, const auto& apply) {
      try {
        apply();
        result_.changed = true;
      } catch (const Error& error) {
        add_problem(path, std::string(what) + ": " + error.what());
      }
    };
    if ((status.st_uid != node.uid || status.st_gid != node.gid) && ::geteuid() == 0)
      change("owner", [&] { set_owner_of(directory.descriptor(), path, node.uid, node.gid); });
    if ((status.st_mode & 07777) != node.mode)
      change("mode", [&] { set_mode_of(directory.descriptor(), path, node.mode); });
  }

  void add_problem(const std::string& item, std::string message) {
    result_.problems.push_back({printable(item), std::move(message)});
    ++result_.problem_count;
  }

  void describe() {
    const pg::Description& description = cluster_.description;
    std::string tablespaces;
    for (const auto& [oid, place] : places_)
      tablespaces +=
          (tablespaces.empty() ? "" : ", ") + std::to_string(oid) + "=" + printable(place);
    result_.details = {{"system_id", description.system_identifier},
                       {"server_version", description.version},
                       {"start_lsn", pg::format_lsn(description.start_lsn)},
                       {"end_lsn", pg::format_lsn(description.end_lsn)},
                       {"timeline", std::to_string(description.timeline)},
                       {"start", "pg_ctl -D '" + printable(target_) + "' start, with PostgreSQL " +
                                     description.major() + " and as the owner of the directory"}};
    if (!tablespaces.empty()) result_.details.emplace_back("tablespaces", tablespaces);
  }

  repo::Repository& repository_;
  const repo::Snapshot& snapshot_;
  const PostgresOptions& options_;
  Progress& progress_;
  const std::stop_token& stop_;
  const std::string target_;
  const ClusterSnapshot cluster_;
  const std::map<std::uint32_t, std::string> places_;
  Result result_;
};

}  // namespace

Result restore_postgres(repo::Repository& repository, const repo::Snapshot& snapshot,
                        const PostgresOptions& options, Progress& progress,
                        const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  check_options(options);
  repository.load_index(stop);
  Result result = ClusterRestore(repository, snapshot, options, progress, stop).run();
  result.elapsed = std::chrono::steady_clock::now() - started;
  return result;
}

}  // namespace pra::restore
