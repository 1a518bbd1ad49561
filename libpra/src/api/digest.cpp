#include <pra/digest.h>

#include "api/call.hpp"
#include "api/input.hpp"
#include "api/output.hpp"
#include "api/wall.hpp"
#include "verify/verify.hpp"

using pra::api::required;
using pra::api::required_text;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

struct DigestView : pra_digest_result {
  explicit DigestView(const verify::DigestResult& result) : pra_digest_result{} {
    tree_text = result.tree;
    line_text = verify::format_digest_lines(result);
    tree = tree_text.c_str();
    lines = line_text.c_str();
    lines_length = line_text.size();
    files = result.lines.size();
    bytes = result.bytes;
    problem_count = result.problems.size();
  }

  std::string tree_text;
  std::string line_text;
};

}  // namespace

}  // namespace pra::api

using pra::api::DigestView;

pra_error* pra_digest_tree(const pra_digest_result** out_result, pra_context* context,
                           const char* path, const char* algorithm, pra_progress_callback progress,
                           void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result, "out_result");
    auto& owner = required(context, "context");
    pra::verify::DigestOptions options;
    options.path = required_text(path, "path");
    if (algorithm != nullptr) options.algorithm = algorithm;
    pra::api::Call call(owner, progress, user_data);
    out = new DigestView(pra::verify::digest_tree(options, call.progress(), call.stop()));
  });
}

void pra_digest_result_free(const pra_digest_result* result) {
  return wall_void([&] { delete static_cast<const DigestView*>(result); });
}
