#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/lock.hpp"
#include "restore/content_writer.hpp"
#include "restore/entry_writer.hpp"
#include "restore/examiner.hpp"
#include "restore/file_output.hpp"
#include "restore/hooks.hpp"
#include "restore/planner.hpp"
#include "restore/read_back.hpp"
#include "restore/remover.hpp"
#include "restore/report.hpp"
#include "restore/target_directory.hpp"

namespace pra::restore {
namespace {

/// The target as a user names it may be a symbolic link; nothing below it is followed.
struct Target {
  std::shared_ptr<const Directory> directory;  ///< None on a dry run without a target.
  bool created = false;
};

Target open_target(FileSystem& files, const std::string& path, bool dry_run) {
  if (path.empty()) throw Error(ErrorCode::kInvalidArgument, "the target has no path");
  if (const auto info = files.stat(path)) {
    if (!info->is_directory)
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the target {} is not a directory", printable(path)));
    return {std::make_shared<const Directory>(Directory::open(path)), false};
  }
  if (dry_run) return {nullptr, true};
  create_target_directory(files, path);
  return {std::make_shared<const Directory>(Directory::open(path)), true};
}

/// One run: plan, examine, change, sync.
class Run {
 public:
  Run(repo::Repository& repository, const Options& options, const Hooks& hooks, Progress& progress,
      const std::stop_token& stop)
      : repository_(repository),
        options_(options),
        hooks_(hooks),
        stop_(stop),
        report_(progress),
        selection_(options.include, options.exclude),
        workers_(fetch_workers(repository, options.workers)) {}

  Result run(const BlobId& tree) {
    const auto started = std::chrono::steady_clock::now();
    make_plan(tree);
    target_ = open_target(repository_.files(), options_.target, options_.dry_run);
    if (target_.directory)
      restore();
    else
      tell_changes();
    Result result;
    report_.fill(result);
    result.bytes_total = bytes_total_;
    result.elapsed = std::chrono::steady_clock::now() - started;
    return result;
  }

 private:
  void make_plan(const BlobId& tree) {
    report_.progress().begin_phase("plan", 0, 0);
    PlanOptions options;
    options.subpath = options_.subpath;
    options.selection = selection_;
    options.keep_unselected = options_.remove_extra;
    options.workers = workers_;
    const auto problem = [&](const std::string& path, const std::string& message, bool lost) {
      if (lost)
        report_.lost(path, message);
      else
        report_.problem(path, message);
    };
    plan_ = build_plan(repository_, tree, options, problem, stop_);
    for (EntryNumber number = 0; number < plan_.size(); ++number) {
      const auto& entry = plan_.entry(number);
      if (entry.is_file() && !entry.is_link() && entry.action != Action::kSkip) {
        ++files_total_;
        bytes_total_ += entry.size;
      }
    }
    for (const auto& path : hooks_.write_last)
      if (const auto number = plan_.find(path); number != kNothing && plan_.entry(number).is_file())
        last_.push_back(number);
    for (const auto& [path, link_target] : hooks_.link_targets)
      if (const auto number = plan_.find(path);
          number != kNothing && plan_.entry(number).type == repo::NodeType::kSymlink)
        plan_.make_extra(plan_.entry(number)).link_target = link_target;
  }

  void restore() {
    DirectoryCache directories(plan_, target_.directory);
    const MetadataWriter metadata(plan_, report_);
    ContentMatch match(plan_);
    Examiner examiner(plan_, directories, repository_.index(), metadata, report_,
                      {options_.overwrite, workers_}, stop_);
    examiner.run(match);
    skip_below_skipped();
    Remover remover(plan_, directories, selection_, report_, options_.dry_run, stop_);
    if (options_.dry_run) {
      tell_changes();
      if (options_.remove_extra) remove_extra(remover, examiner);
      return;
    }
    FileOutput output(plan_, directories, metadata, report_, hooks_.write_zeros);
    if (options_.remove_extra)
      output.clear_directories_with([&](const Directory& parent, const std::string& name) {
        const auto prefix = options_.target.size() + (options_.target.ends_with('/') ? 0 : 1);
        remover.clear(parent, name, parent.path_of(name).substr(prefix));
      });
    EntryWriter entries(plan_, directories, metadata, output, report_, options_.overwrite);
    set_back_last(directories);
    try {
      change(directories, examiner, match, output, entries, remover);
    } catch (...) {
      output.discard_unfinished();
      throw;
    }
    if (options_.verify) {
      ReadBack(plan_, directories, repository_.index(), output, report_).run(workers_, stop_);
    }
  }

  void change(DirectoryCache& directories, Examiner& examiner, const ContentMatch& match,
              FileOutput& output, EntryWriter& entries, Remover& remover) {
    report_.progress().begin_phase("restore", files_total_, bytes_total_);
    entries.make_directories(target_.created, stop_);
    skip_below_skipped();
    const auto content = plan_content(
        plan_, repository_.index(), match, [](const Entry& entry) { return !entry.is_last; },
        stop_);
    count_done(content);
    write_content(repository_, plan_, content, output, workers_, stop_);
    entries.write_others(workers_, stop_);
    entries.write_links(stop_);
    if (options_.remove_extra) remove_extra(remover, examiner);
    entries.finish_directories(target_.created && !options_.subpath.empty(), stop_);
    report_.progress().begin_phase("sync", 0, 0);
    for (const auto& file_system : examiner.file_systems())
      file_system->sync_file_system();
    if (!last_.empty()) write_last(directories, match, output, entries);
  }

  /// What a missing or skipped directory would hold is lost or left alone with it.
  void skip_below_skipped() {
    for (EntryNumber number = 1; number < plan_.size(); ++number) {
      auto& entry = plan_.entry(number);
      if (entry.action == Action::kSkip || plan_.entry(entry.parent).action != Action::kSkip)
        continue;
      entry.action = Action::kSkip;
      if (!entry.is_directory()) report_.lost_too();
    }
  }

  void tell_changes() {
    for (EntryNumber number = 1; number < plan_.size(); ++number) {
      const auto& entry = plan_.entry(number);
      const auto path = [&] { return plan_.path(number); };
      switch (entry.action) {
        case Action::kCreate:
          report_.changed(path, "create");
          break;
        case Action::kUpdate:
        case Action::kReplace:
          report_.changed(path, "update");
          break;
        case Action::kMetadata:
          report_.changed(path, "metadata");
          break;
        case Action::kUnchanged:
        case Action::kSkip:
          if (entry.is_file() && entry.action == Action::kUnchanged) report_.file_unchanged();
          continue;
      }
      if (entry.is_file() && entry.action != Action::kMetadata) report_.file_restored();
    }
  }

  void remove_extra(Remover& remover, const Examiner& examiner) {
    if (report_.lost_count() != 0) {
      report_.problem("/",
                      "nothing was removed from the target, because not everything could be "
                      "restored");
      return;
    }
    for (const auto number : examiner.existing_directories())
      remover.remove_extra(number);
  }

  /// Before anything changes, what is to appear last disappears.
  void set_back_last(DirectoryCache& directories) {
    if (last_.empty()) return;
    bool changes = false;
    for (EntryNumber number = 0; number < plan_.size() && !changes; ++number) {
      const auto action = plan_.entry(number).action;
      changes = action != Action::kUnchanged && action != Action::kSkip;
    }
    if (!changes) return last_.clear();
    for (const auto number : last_) {
      auto& entry = plan_.entry(number);
      if (entry.action == Action::kSkip) continue;
      if (entry.action != Action::kCreate) {
        const auto parent = directories.get(entry.parent);
        parent->remove(plan_.name(number), false);
        parent->sync();
      }
      entry.action = Action::kCreate;
      entry.is_last = true;
      entry.link_to = kNothing;
    }
  }

  void write_last(DirectoryCache& directories, const ContentMatch& match, FileOutput& output,
                  EntryWriter& entries) {
    if (report_.lost_count() != 0) {
      for (const auto number : last_)
        report_.lost(plan_.path(number), "left out, because not everything else could be restored");
      return;
    }
    for (const auto last : last_) {
      const auto& wanted = plan_.entry(last);
      const auto content = plan_content(
          plan_, repository_.index(), match, [&](const Entry& entry) { return &entry == &wanted; },
          stop_);
      write_content(repository_, plan_, content, output, workers_, stop_);
      if (content.uses.empty() && wanted.action == Action::kCreate)
        output.finish(last, output.open(last, true));
      entries.finish_directory(wanted.parent);
      directories.get(wanted.parent)->sync();
    }
  }

  /// What needs no content counts as done for whoever watches.
  void count_done(const ContentPlan& content) {
    std::uint64_t wanted = 0;
    for (std::size_t i = 0; i < content.wanted.size(); ++i) {
      const repo::BlobLocation location{
          {}, 0, content.wanted[i].length, content.wanted[i].uncompressed_length};
      wanted += std::uint64_t{location.plaintext_length()} * content.uses_of(i).size();
    }
    report_.progress().add(0, bytes_total_ - std::min(wanted, bytes_total_));
  }

  repo::Repository& repository_;
  const Options& options_;
  const Hooks& hooks_;
  const std::stop_token& stop_;
  Report report_;
  const Selection selection_;
  const unsigned workers_;
  Plan plan_;
  Target target_;
  std::vector<EntryNumber> last_;
  std::uint64_t files_total_ = 0;
  std::uint64_t bytes_total_ = 0;
};

}  // namespace

Result restore_tree(repo::Repository& repository, const BlobId& tree, const Options& options,
                    const Hooks& hooks, Progress& progress, const std::stop_token& stop) {
  // Keeps a prune away.
  const auto lock = repo::lock_for_reading(repository, Duration::zero(), stop);
  return Run(repository, options, hooks, progress, stop).run(tree);
}

Result restore_snapshot(repo::Repository& repository, const repo::Snapshot& snapshot,
                        const Options& options, Progress& progress, const std::stop_token& stop) {
  return restore_tree(repository, snapshot.tree, options, {}, progress, stop);
}

}  // namespace pra::restore
