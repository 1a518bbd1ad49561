#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/parameters.hpp"
#include "ops/results.hpp"
#include "verify/verify.hpp"

namespace pra::ops {

namespace {

/// A list of digests, one line a file, of a tree with some ten million files.
constexpr std::uint64_t kListLimit = std::uint64_t{4} << 30;

json::object check(const Arguments& arguments, const verify::DigestOptions& options,
                   Context& context) {
  const auto list = context.files->read(arguments.text("check"), kListLimit);
  const auto checked =
      verify::check_digests(std::string(as_text(list)), options, context.progress, context.stop);
  return {{"matched", checked.matched},
          {"failure_count", checked.failures.size()},
          {"failures", finding_list(checked.failures)},
          {"code", checked.failures.empty() ? 0 : 1}};
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  verify::DigestOptions options{.path = arguments.text("path"),
                                .algorithm = arguments.text("algorithm")};
  if (arguments.has("check")) return check(arguments, options, context);
  if (options.path.empty())
    throw Error(ErrorCode::kInvalidArgument, "there is no path to digest",
                "give a file or directory");
  const auto digest = verify::digest_tree(options, context.progress, context.stop);
  json::object result{{"tree", digest.tree},
                      {"algorithm", options.algorithm},
                      {"files", digest.lines.size()},
                      {"bytes", digest.bytes},
                      {"problem_count", digest.problems.size()},
                      {"problems", problem_list(digest.problems)},
                      {"code", digest.problems.empty() ? 0 : 3}};
  if (context.data) {
    const auto lines = verify::format_digest_lines(digest);
    context.data(as_bytes(lines));
    return result;
  }
  json::array list;
  list.reserve(digest.lines.size());
  for (const auto& line : digest.lines)
    list.push_back(json::object{{"digest", line.hex}, {"path", printable(line.path)}});
  result["digests"] = std::move(list);
  return result;
}

}  // namespace

Operation digest_operation() {
  return {.name = "digest",
          .group = "Prove",
          .summary = "digest every file of a tree, or check such a list",
          .details =
              "Prints lines that `sha256sum -c` reads (or b2sum, md5sum, …). With --check FILE "
              "it checks files against such a list. The one digest over all lines tells two "
              "equal trees.",
          .examples = {"pra digest /srv/shop > shop.sha256", "pra digest --check shop.sha256"},
          .parameters = {{.name = "path",
                          .type = ParameterType::kPath,
                          .help = "file or directory; with --check, the directory that the list's "
                                  "paths are relative to (default: here)",
                          .positional = true},
                         {.name = "algorithm",
                          .help = "the digest",
                          .default_text = "sha256",
                          .choices = {"sha256", "sha512", "sha384", "sha224", "sha1", "md5",
                                      "blake2b"}},
                         {.name = "check",
                          .type = ParameterType::kPath,
                          .help = "check files against this list"}},
          .results = {{"tree", "string", "digest of all lines"},
                      {"algorithm", "string", "as asked for"},
                      {"files", "integer", "files digested"},
                      {"bytes", "integer", "their size"},
                      {"digests", "list",
                       "objects with digest and path, when the caller takes no data"},
                      {"problem_count", "integer", "files that could not be read"},
                      {"problems", "list", "objects with item and message"},
                      {"matched", "integer", "with check: files that are equal"},
                      {"failure_count", "integer", "with check: files that differ or are missing"},
                      {"failures", "list", "with check: objects with severity, object, message"},
                      code_field("1 when a checked file differs, 3 when one could not be read")},
          .run = run};
}

}  // namespace pra::ops
