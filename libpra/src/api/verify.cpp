#include "verify/verify.hpp"

#include <pra/verify.h>

#include "api/call.hpp"
#include "api/input.hpp"
#include "api/output.hpp"
#include "api/repository.hpp"
#include "api/wall.hpp"
#include "ops/read_lock.hpp"

using pra::api::Call;
using pra::api::required;
using pra::api::required_text;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

struct VerifyView : pra_verify_result {
  explicit VerifyView(const verify::CheckResult& result)
      : pra_verify_result{}, file_items(result.damaged_files) {
    error_count = result.error_count;
    snapshots = result.snapshots;
    trees = result.trees;
    blobs = result.blobs;
    packs = result.packs;
    packs_read = result.packs_read;
    bytes_read = result.bytes_read;
    damaged_files = file_items.data();
    damaged_file_count = file_items.size();
    seconds = std::chrono::duration<double>(result.elapsed).count();
    add(result.findings);
  }
  explicit VerifyView(const verify::CompareResult& result) : pra_verify_result{} {
    error_count = result.difference_count;
    entries = result.entries;
    bytes_read = result.bytes_read;
    seconds = std::chrono::duration<double>(result.elapsed).count();
    add(result.differences);
  }

  Texts texts;
  TextItems file_items;
  Items<pra_finding> finding_items;

 private:
  void add(const std::vector<verify::Finding>& all) {
    for (const auto& finding : all)
      finding_items.add() = {texts.keep(finding.severity), texts.keep(finding.object),
                             texts.keep(finding.message)};
    findings = finding_items.data();
    finding_count = finding_items.size();
  }
};

}  // namespace

}  // namespace pra::api

using pra::api::VerifyView;

pra_error* pra_verify_repository(const pra_verify_result** out_result, pra_repository* repository,
                                 const pra_verify_options* options, pra_progress_callback progress,
                                 void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    const auto given = pra::api::sized_copy(options, "options");
    if (!(given.share >= 0 && given.share <= 1))
      throw pra::Error(pra::ErrorCode::kInvalidArgument, "'options.share' is not from 0 to 1");
    pra::verify::CheckOptions wanted;
    wanted.read_data = given.read_data != 0;
    wanted.share = given.share > 0 ? given.share : 1.0;
    wanted.workers = given.workers;
    Call call(*opened.context, progress, user_data);
    out = new VerifyView(
        pra::verify::check_repository(*opened.repository, wanted, call.progress(), call.stop()));
  });
}

pra_error* pra_verify_restored(const pra_verify_result** out_result, pra_repository* repository,
                               const char* snapshot, const char* directory, const char* subpath,
                               pra_progress_callback progress, void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& opened = required(repository, "repository");
    const auto place = required_text(directory, "directory");
    Call call(*opened.context, progress, user_data);
    const pra::ops::ReadLock lock(*opened.repository, call.stop());
    const auto found =
        opened.repository->find_snapshot(required_text(snapshot, "snapshot"), {}, call.stop());
    out = new VerifyView(pra::verify::compare_restored(*opened.repository, found, place,
                                                       pra::api::optional_text(subpath),
                                                       call.progress(), call.stop()));
  });
}

void pra_verify_result_free(const pra_verify_result* result) {
  return wall_void([&] { delete static_cast<const VerifyView*>(result); });
}
