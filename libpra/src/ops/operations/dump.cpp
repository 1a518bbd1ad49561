#include <fmt/format.h>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/read_lock.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"
#include "ops/snapshot_tree.hpp"

namespace pra::ops {

namespace {

/// The node to dump: what the path names, or without one the snapshot's only file.
repo::Node wanted_node(repo::Repository& repository, const repo::Snapshot& snapshot,
                       const std::string& path, const std::stop_token& stop) {
  std::optional<repo::Node> node;
  if (!path.empty()) {
    node = find_node(repository, snapshot, path, stop);
  } else {
    auto nodes = repository.load_tree(snapshot.tree, stop);
    if (nodes.size() == 1) node = std::move(nodes.front());
  }
  if (!node || node->type != repo::NodeType::kFile)
    throw Error(ErrorCode::kInvalidArgument,
                path.empty()
                    ? fmt::format("snapshot {} is not a single file", snapshot.id.short_hex())
                    : fmt::format("{} is {} and not a file", printable(path),
                                  node ? repo::node_type_name(node->type) : "the root"),
                fmt::format("name a file (`pra ls {0}` shows them), or use `pra restore {0}`",
                            snapshot.id.short_hex()));
  return std::move(*node);
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  if (!context.data)
    throw Error(ErrorCode::kInvalidArgument,
                "the caller takes no data, so there is no place for the file",
                "set the data callback");
  const auto repository = open_repository(arguments, context);
  const ReadLock lock(*repository, context.stop);
  const auto snapshot = repository->find_snapshot(arguments.text("snapshot"),
                                                  snapshot_filter(arguments), context.stop);
  repository->load_index(context.stop);
  const auto node = wanted_node(*repository, snapshot, arguments.text("file"), context.stop);
  context.progress.begin_phase("dump", 1, node.size);
  std::uint64_t written = 0;
  for (const auto& id : node.content) {
    throw_if_stopped(context.stop);
    const auto content = repository->load_blob({repo::BlobType::kData, id}, context.stop);
    context.data(content);
    written += content.size();
    context.progress.add(0, content.size());
  }
  context.progress.add(1, 0);
  return {
      {"snapshot", snapshot_result(snapshot)}, {"file", printable(node.name)}, {"bytes", written}};
}

}  // namespace

Operation dump_operation() {
  return {
      .name = "dump",
      .group = "Restore",
      .summary = "write one file of a snapshot to standard output",
      .details =
          "Every byte is authenticated before it is written. Without a file's path the "
          "snapshot must hold one file only, as that of a command does.",
      .examples = {"pra dump latest /srv/shop/settings.ini", "pra dump --source crm | mariadb crm"},
      .parameters = with_repository(
          std::vector<Parameter>{
              {.name = "snapshot",
               .help = "id, the beginning of one, or latest",
               .default_text = "latest",
               .positional = true},
              {.name = "file", .help = "path of the file in the snapshot", .positional = true}} +
          filter_parameters()),
      .results = {{"snapshot", "object", "the snapshot, as in snapshots"},
                  {"file", "string", "name of the file"},
                  {"bytes", "integer", "its size"}},
      .run = run};
}

}  // namespace pra::ops
