#include <fmt/format.h>

#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"
#include "ops/snapshot_tree.hpp"

namespace pra::ops {

namespace {

json::object entry_of(const std::string& path, const repo::Node& node) {
  json::object entry{{"path", printable(path)},
                     {"kind", repo::node_type_name(node.type)},
                     {"mode", fmt::format("{:04o}", node.mode & 07777)},
                     {"uid", node.uid},
                     {"gid", node.gid},
                     {"user", printable(node.user)},
                     {"group", printable(node.group)},
                     {"size", node.size},
                     {"modified", format_rfc3339(node.modified)}};
  if (node.type == repo::NodeType::kSymlink) entry["link_target"] = printable(node.link_target);
  return entry;
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const auto repository = open_repository(arguments, context);
  const auto snapshot = repository->find_snapshot(arguments.text("snapshot"),
                                                  snapshot_filter(arguments), context.stop);
  repository->load_index(context.stop);
  json::array entries;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  const auto tell = [&](const std::string& path, const repo::Node& node) {
    ++count;
    bytes += node.size;
    context.progress.add(1, 0);
    auto entry = entry_of(path, node);
    if (!context.event) {
      entries.push_back(std::move(entry));
      return;
    }
    entry["type"] = "entry";
    context.event(entry);
  };
  context.progress.begin_phase("ls", 0, 0);
  const bool everything = arguments.flag("recursive") || !arguments.has("directory");
  const auto path = arguments.text("directory");
  const auto node = find_node(*repository, snapshot, path, context.stop);
  std::string shown;
  for (const auto& part : path_parts(path))
    shown += "/" + part;
  if (node && node->type != repo::NodeType::kDirectory)
    tell(shown, *node);
  else
    walk_tree(*repository, node ? node->subtree : snapshot.tree, shown, everything, context.stop,
              tell);
  json::object result{{"snapshot", snapshot_result(snapshot)}, {"count", count}, {"bytes", bytes}};
  if (!context.event) result["entries"] = std::move(entries);
  return result;
}

}  // namespace

Operation ls_operation() {
  return {.name = "ls",
          .group = "Look",
          .summary = "list the files of a snapshot",
          .details =
              "Without a directory everything is listed; with one, what is directly in it, or "
              "with --recursive all below it. A caller that takes events gets one of type "
              "'entry' for each file; otherwise the result has them.",
          .examples = {"pra ls latest", "pra ls latest /srv/shop --long"},
          .parameters = with_repository(
              std::vector<Parameter>{{.name = "snapshot",
                                      .help = "id, the beginning of one, or latest",
                                      .default_text = "latest",
                                      .positional = true},
                                     {.name = "directory",
                                      .help = "directory or file of the snapshot",
                                      .positional = true},
                                     {.name = "recursive",
                                      .type = ParameterType::kBoolean,
                                      .help = "with a directory: everything below it"}} +
              filter_parameters()),
          .results = {{"snapshot", "object", "the snapshot, as in snapshots"},
                      {"count", "integer", "entries listed"},
                      {"bytes", "integer", "size of the files"},
                      {"entries", "list",
                       "objects with path, kind, mode, uid, gid, user, group, size, modified, "
                       "link_target, when the caller takes no events"}},
          .run = run};
}

}  // namespace pra::ops
