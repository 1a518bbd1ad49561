#include "verify/verify.hpp"

#include <charconv>

#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/read_lock.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

/// "5%" or "5": the part of the packs to read, as a share of one.
double share_of(const std::string& text) {
  double percent = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
  const std::string_view rest(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  if (parsed.ec != std::errc() || (!rest.empty() && rest != "%") || !(percent > 0) || percent > 100)
    throw Error(ErrorCode::kInvalidArgument, "not a part of the data: '" + printable(text) + "'",
                "write a percentage above 0 and up to 100, such as 5%");
  return percent / 100;
}

json::object compare(repo::Repository& repository, const Arguments& arguments, Context& context) {
  const ReadLock lock(repository, context.stop);
  const auto snapshot = repository.find_snapshot(arguments.text("snapshot"),
                                                 snapshot_filter(arguments), context.stop);
  const auto directory = arguments.text("restored");
  const auto compared = verify::compare_restored(
      repository, snapshot, directory, arguments.text("subpath"), context.progress, context.stop);
  return {{"mode", "restored"},
          {"ok", compared.difference_count == 0},
          {"snapshot", snapshot_result(snapshot)},
          {"restored", printable(directory)},
          {"entries", compared.entries},
          {"bytes_read", compared.bytes_read},
          {"error_count", compared.difference_count},
          {"findings", finding_list(compared.differences)},
          {"seconds", seconds(compared.elapsed)},
          {"code", compared.difference_count == 0 ? 0 : 1}};
}

json::object check(repo::Repository& repository, const Arguments& arguments, Context& context) {
  verify::CheckOptions options;
  options.read_data = arguments.flag("read_data") || arguments.has("read_data_subset");
  if (arguments.has("read_data_subset"))
    options.share = share_of(arguments.text("read_data_subset"));
  const auto checked =
      verify::check_repository(repository, options, context.progress, context.stop);
  return {{"mode", "repository"},
          {"ok", checked.error_count == 0},
          {"snapshots", checked.snapshots},
          {"trees", checked.trees},
          {"blobs", checked.blobs},
          {"packs", checked.packs},
          {"packs_read", checked.packs_read},
          {"bytes_read", checked.bytes_read},
          {"error_count", checked.error_count},
          {"findings", finding_list(checked.findings)},
          {"damaged_files", text_list(checked.damaged_files)},
          {"seconds", seconds(checked.elapsed)},
          {"code", checked.error_count == 0 ? 0 : 1}};
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const bool restored = arguments.has("restored");
  if (restored && (arguments.has("read_data_subset") || arguments.flag("read_data")))
    throw Error(ErrorCode::kInvalidArgument,
                "verify --restored reads the restored tree; 'read_data' is about the repository",
                "run the two one after the other");
  if (!restored && (arguments.has("snapshot") || arguments.has("subpath")))
    throw Error(ErrorCode::kInvalidArgument,
                "a snapshot is compared with a restored tree, and none is given",
                "add --restored DIR; without a snapshot the whole repository is checked");
  const auto repository = open_repository(arguments, context);
  if (!restored) return check(*repository, arguments, context);
  auto defaulted = parameters;
  if (!arguments.has("snapshot")) defaulted["snapshot"] = "latest";
  return compare(*repository, Arguments(defaulted), context);
}

}  // namespace

Operation verify_operation() {
  return {
      .name = "verify",
      .group = "Prove",
      .summary = "prove that a repository is whole, or that a restored tree equals its snapshot",
      .details =
          "Checks that every index, pack, snapshot and tree is there and consistent; with "
          "--read-data also every byte. With --restored DIR it compares a tree on disk with "
          "the snapshot (default: latest), content and metadata, and names every difference.",
      .examples = {"pra verify --read-data", "pra verify --read-data-subset 5%",
                   "pra verify --restored /srv/shop latest --subpath /srv/shop"},
      .parameters = with_repository(
          std::vector<Parameter>{
              {.name = "snapshot",
               .help = "with restored: id, the beginning of one, or latest",
               .positional = true},
              {.name = "restored",
               .type = ParameterType::kPath,
               .help = "compare this directory with the snapshot"},
              {.name = "subpath",
               .help = "with restored: the directory was restored from this path"},
              {.name = "read_data",
               .type = ParameterType::kBoolean,
               .help = "read and check all data"},
              {.name = "read_data_subset",
               .help = "read and check this part of the packs, chosen at random: 5%"}} +
          filter_parameters()),
      .results = {{"mode", "string", "repository or restored"},
                  {"ok", "boolean", "nothing is damaged, missing or different"},
                  {"error_count", "integer", "errors, or differences"},
                  {"findings", "list",
                   "the first 10,000: objects with severity (error, warning), object, message"},
                  {"damaged_files", "list", "files that damage costs: path and snapshot"},
                  {"snapshots", "integer", "snapshots checked"},
                  {"trees", "integer", "trees checked"},
                  {"blobs", "integer", "blobs known"},
                  {"packs", "integer", "packs known"},
                  {"packs_read", "integer", "packs read"},
                  {"bytes_read", "integer", "bytes read"},
                  {"snapshot", "object", "restored: the snapshot, as in snapshots"},
                  {"restored", "string", "restored: the directory"},
                  {"entries", "integer", "restored: entries compared"},
                  {"seconds", "number", "time it took"},
                  code_field("1 when something is damaged, missing or different")},
      .run = run};
}

}  // namespace pra::ops
