#include <pra/restore.h>

#include "api/call.hpp"
#include "api/input.hpp"
#include "api/output.hpp"
#include "api/repository.hpp"
#include "api/wall.hpp"
#include "ops/restore_by_type.hpp"

using pra::api::required;
using pra::api::required_text;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

struct RestoreView : pra_restore_result {
  RestoreView(const restore::Result& result, const std::string& snapshot_id)
      : pra_restore_result{} {
    snapshot = texts.keep(snapshot_id);
    changed = result.changed ? 1 : 0;
    files_restored = result.files_restored;
    files_unchanged = result.files_unchanged;
    entries_restored = result.entries_restored;
    entries_removed = result.entries_removed;
    bytes_written = result.bytes_written;
    bytes_total = result.bytes_total;
    problem_count = result.problem_count;
    add_problems(result.problems, texts, problem_items);
    problems = problem_items.data();
    listed_problem_count = problem_items.size();
    seconds = std::chrono::duration<double>(result.elapsed).count();
  }

  Texts texts;
  Items<pra_problem> problem_items;
};

restore::Overwrite overwrite_of(pra_overwrite overwrite) {
  switch (overwrite) {
    case PRA_OVERWRITE_IF_CHANGED:
      return restore::Overwrite::kIfChanged;
    case PRA_OVERWRITE_ALWAYS:
      return restore::Overwrite::kAlways;
    case PRA_OVERWRITE_NEVER:
      return restore::Overwrite::kNever;
  }
  throw Error(ErrorCode::kInvalidArgument, "'options.overwrite' has no such value");
}

std::map<std::string, std::string> tablespaces_of(const pra_restore_options& given) {
  std::map<std::string, std::string> out;
  for (const auto& pair :
       text_list(given.tablespaces, given.tablespace_count, "options.tablespaces")) {
    const auto sign = pair.find('=');
    if (sign == std::string::npos || sign == 0)
      throw Error(ErrorCode::kInvalidArgument,
                  "'options.tablespaces' holds '" + printable(pair) + "'", "write OLD=NEW");
    out[pair.substr(0, sign)] = pair.substr(sign + 1);
  }
  return out;
}

restore::PostgresOptions options_of(const pra_restore_options& given) {
  restore::PostgresOptions options;
  options.subpath = optional_text(given.subpath);
  options.include = text_list(given.includes, given.include_count, "options.includes");
  options.exclude = text_list(given.excludes, given.exclude_count, "options.excludes");
  options.overwrite = overwrite_of(given.overwrite);
  options.remove_extra = given.remove_extra != 0;
  options.verify = given.verify != 0;
  options.dry_run = given.dry_run != 0;
  options.workers = given.workers;
  options.tablespaces = tablespaces_of(given);
  options.replace_foreign = given.replace_foreign != 0;
  return options;
}

}  // namespace

}  // namespace pra::api

using pra::api::RestoreView;

pra_error* pra_restore(const pra_restore_result** out_result, pra_repository* repository,
                       const char* snapshot, const char* target, const pra_restore_options* options,
                       pra_progress_callback progress, void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    auto wanted = pra::api::options_of(pra::api::sized_copy(options, "options"));
    wanted.target = required_text(target, "target");
    pra::api::Call call(*opened.context, progress, user_data);
    const auto found =
        opened.repository->find_snapshot(required_text(snapshot, "snapshot"), {}, call.stop());
    const auto restored =
        pra::ops::restore_by_type(*opened.repository, found, wanted, call.progress(), call.stop());
    out = new RestoreView(restored, found.id.hex());
  });
}

void pra_restore_result_free(const pra_restore_result* result) {
  return wall_void([&] { delete static_cast<const RestoreView*>(result); });
}
