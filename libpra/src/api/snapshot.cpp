#include "api/snapshot.hpp"

#include "api/input.hpp"
#include "api/output.hpp"
#include "api/repository.hpp"
#include "api/wall.hpp"

using pra::api::required;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

repo::SnapshotFilter filter_of(const pra_snapshot_filter* filter) {
  const auto given = sized_copy(filter, "filter");
  return {.host = optional_text(given.host),
          .source = optional_text(given.source),
          .tags = text_list(given.tags, given.tag_count, "filter.tags"),
          .paths = text_list(given.paths, given.path_count, "filter.paths")};
}

namespace {

/// A snapshot and all that it points to.
struct SnapshotView : pra_snapshot {
  explicit SnapshotView(const repo::Snapshot& snapshot)
      : pra_snapshot{}, path_items(snapshot.paths), tag_items(snapshot.tags) {
    id = texts.keep(snapshot.id.hex());
    parent = texts.keep(snapshot.parent ? snapshot.parent->hex() : "");
    tree = texts.keep(snapshot.tree.hex());
    time_seconds = snapshot.time.seconds;
    time_nanoseconds = snapshot.time.nanoseconds;
    time = texts.keep(format_rfc3339(snapshot.time));
    host = texts.keep(snapshot.hostname);
    user = texts.keep(snapshot.username);
    source = texts.keep(snapshot.source());
    type = texts.keep(snapshot.type());
    paths = path_items.data();
    path_count = path_items.size();
    tags = tag_items.data();
    tag_count = tag_items.size();
    if (!snapshot.summary) return;
    files = snapshot.summary->total_files_processed;
    bytes = snapshot.summary->total_bytes_processed;
  }

  Texts texts;
  TextItems path_items;
  TextItems tag_items;
};

struct SnapshotListView : pra_snapshot_list {
  SnapshotListView() : pra_snapshot_list{} {}
  std::vector<std::unique_ptr<SnapshotView>> views;
  std::vector<const pra_snapshot*> pointers;
};

}  // namespace

}  // namespace pra::api

using pra::api::SnapshotListView;
using pra::api::SnapshotView;

pra_error* pra_snapshot_list_get(const pra_snapshot_list** out_list, pra_repository* repository,
                                 const pra_snapshot_filter* filter) {
  return wall([&] {
    auto& out = pra::api::output(out_list, "out_list");
    auto& opened = required(repository, "repository");
    std::vector<std::string> damaged;
    const auto snapshots = opened.repository->snapshots(pra::api::filter_of(filter),
                                                        opened.context->stop_token(), &damaged);
    auto list = std::make_unique<SnapshotListView>();
    for (const auto& snapshot : snapshots)
      list->pointers.push_back(
          list->views.emplace_back(std::make_unique<SnapshotView>(snapshot)).get());
    list->items = list->pointers.data();
    list->count = list->pointers.size();
    list->damaged_count = damaged.size();
    out = list.release();
  });
}

void pra_snapshot_list_free(const pra_snapshot_list* list) {
  return wall_void([&] { delete static_cast<const SnapshotListView*>(list); });
}

pra_error* pra_snapshot_find(const pra_snapshot** out_snapshot, pra_repository* repository,
                             const char* name, const pra_snapshot_filter* filter) {
  return wall([&] {
    auto& out = pra::api::output(out_snapshot, "out_snapshot");
    auto& opened = required(repository, "repository");
    const auto found =
        opened.repository->find_snapshot(pra::api::required_text(name, "name"),
                                         pra::api::filter_of(filter), opened.context->stop_token());
    out = new SnapshotView(found);
  });
}

void pra_snapshot_free(const pra_snapshot* snapshot) {
  return wall_void([&] { delete static_cast<const SnapshotView*>(snapshot); });
}
