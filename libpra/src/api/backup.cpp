#include "backup/backup.hpp"

#include <pra/backup.h>

#include "api/call.hpp"
#include "api/input.hpp"
#include "api/output.hpp"
#include "api/repository.hpp"
#include "api/wall.hpp"

using pra::api::Call;
using pra::api::required;
using pra::api::required_text;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

struct BackupView : pra_backup_result {
  explicit BackupView(const backup::Result& result) : pra_backup_result{} {
    snapshot = texts.keep(result.snapshot ? result.snapshot->hex() : "");
    parent = texts.keep(result.parent ? result.parent->hex() : "");
    files_new = result.summary.files_new;
    files_changed = result.summary.files_changed;
    files_unmodified = result.summary.files_unmodified;
    files = result.summary.total_files_processed;
    bytes = result.summary.total_bytes_processed;
    bytes_new = result.summary.data_added;
    bytes_stored = result.repository_bytes_added;
    unreadable_count = result.unreadable_count;
    problem_count = result.problem_count;
    add_problems(result.problems, texts, problem_items);
    problems = problem_items.data();
    listed_problem_count = problem_items.size();
    seconds = std::chrono::duration<double>(result.elapsed).count();
  }

  Texts texts;
  Items<pra_problem> problem_items;
};

void fill_common(const pra_backup_options& given, backup::CommonOptions& options) {
  options.source_name = optional_text(given.source);
  options.tags = text_list(given.tags, given.tag_count, "options.tags");
  options.hostname = optional_text(given.host);
  options.dry_run = given.dry_run != 0;
  options.workers = given.workers;
  if (given.compression_level < 0 || given.compression_level > 19)
    throw Error(ErrorCode::kInvalidArgument, "'options.compression_level' is not from 0 to 19");
  if (given.compression_level != 0) options.compression_level = given.compression_level;
}

}  // namespace

}  // namespace pra::api

using pra::api::BackupView;

pra_error* pra_backup_paths(const pra_backup_result** out_result, pra_repository* repository,
                            const char* const* paths, size_t path_count,
                            const pra_backup_options* options, pra_progress_callback progress,
                            void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    const auto given = pra::api::sized_copy(options, "options");
    pra::backup::FileOptions wanted;
    pra::api::fill_common(given, wanted);
    wanted.paths = pra::api::text_list(paths, path_count, "paths");
    wanted.excludes = pra::api::text_list(given.excludes, given.exclude_count, "options.excludes");
    wanted.exclude_caches = given.exclude_caches != 0;
    wanted.one_file_system = given.one_file_system != 0;
    wanted.exclude_larger_than = given.exclude_larger_than;
    wanted.force = given.force != 0;
    Call call(*opened.context, progress, user_data);
    out = new BackupView(
        pra::backup::backup_files(*opened.repository, wanted, call.progress(), call.stop()));
  });
}

pra_error* pra_backup_postgres(const pra_backup_result** out_result, pra_repository* repository,
                               const char* dsn, const pra_backup_options* options,
                               pra_progress_callback progress, void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    pra::backup::PostgresOptions wanted;
    pra::api::fill_common(pra::api::sized_copy(options, "options"), wanted);
    wanted.dsn = required_text(dsn, "dsn");
    Call call(*opened.context, progress, user_data);
    out = new BackupView(
        pra::backup::backup_postgres(*opened.repository, wanted, call.progress(), call.stop()));
  });
}

pra_error* pra_backup_stream(const pra_backup_result** out_result, pra_repository* repository,
                             const char* file_name, pra_read_callback read,
                             const pra_backup_options* options, pra_progress_callback progress,
                             void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    pra::backup::StreamOptions wanted;
    pra::api::fill_common(pra::api::sized_copy(options, "options"), wanted);
    wanted.file_name = required_text(file_name, "file_name");
    wanted.type = "stream";
    if (read == nullptr) pra::api::refuse_null("read");
    wanted.read = [&](pra::MutableByteView buffer) {
      const auto count = read(buffer.data(), buffer.size(), user_data);
      if (count < 0 || static_cast<std::uint64_t>(count) > buffer.size())
        throw pra::Error(pra::ErrorCode::kFailed,
                         "the caller's stream failed; nothing of it was kept as a snapshot");
      return static_cast<std::size_t>(count);
    };
    Call call(*opened.context, progress, user_data);
    out = new BackupView(
        pra::backup::backup_stream(*opened.repository, wanted, call.progress(), call.stop()));
  });
}

void pra_backup_result_free(const pra_backup_result* result) {
  return wall_void([&] { delete static_cast<const BackupView*>(result); });
}
