#include "backup/file_saver.hpp"

#include <utility>

#include "backup/unreadable.hpp"

namespace pra::backup {

bool same_node(const repo::Node& a, const repo::Node& b) {
  std::string first;
  std::string second;
  repo::encode_node(a, first);
  repo::encode_node(b, second);
  return first == second;
}

void FileSaver::report(const std::string& path, std::string message) {
  logger_.warning(message);
  problems_.add({printable(path), std::move(message)});
  progress_.add_problem();
}

repo::Node FileSaver::describe(WorkerTools& tools, int descriptor, const struct stat& status,
                               const std::string& name, const std::string& path, bool on_the_way) {
  auto node = source::node_of_status(status, name, tools.owners, metadata_);
  try {
    node.extended_attributes = extended_attributes_of(descriptor, path);
  } catch (const Error& error) {
    if (!on_the_way || error.code() != ErrorCode::kPermissionDenied) report(path, error.what());
  }
  return node;
}

repo::Node FileSaver::keep_file(WorkerTools& tools, const struct stat& status,
                                const Directory& directory, const repo::Node& previous) {
  auto node = source::node_of_status(status, previous.name, tools.owners, metadata_);
  if (parent_.trusts_attributes()) {
    node.extended_attributes = previous.extended_attributes;
  } else {
    try {
      node.extended_attributes = directory.extended_attributes(previous.name);
    } catch (const Error& error) {
      report(directory.path_of(previous.name), error.what());
    }
  }
  node.content = previous.content;
  ++tools.counts.files_unmodified;
  tools.counts.total_bytes_processed += node.size;
  progress_.add(1, node.size);
  return node;
}

repo::Node FileSaver::save_file(WorkerTools& tools, const File& file, const struct stat& status,
                                const std::string& name, const repo::Node* previous) {
  auto node = describe(tools, file.descriptor(), status, name, file.name());
  SavedContent content;
  if (node.size > ContentSaver::kLargeFile) {
    progress_.set_current(printable(file.name()));
    FileSource source(file, status);
    content = content_.save_large(tools, source);
    progress_.add(1, 0);
  } else {
    content = content_.save_small(tools, file, node.size);
    progress_.add(1, content.size);
  }
  node.size = content.size;
  node.content = std::move(content.blobs);

  const auto now = reading([&] { return file.status(); });
  if (now.st_size != status.st_size || to_timestamp(now.st_mtim) != node.modified ||
      to_timestamp(now.st_ctim) != node.changed)
    report(file.name(), printable(file.name()) + " changed while it was read");

  auto& counts = tools.counts;
  ++(previous == nullptr          ? counts.files_new
     : same_node(*previous, node) ? counts.files_unmodified
                                  : counts.files_changed);
  counts.total_bytes_processed += node.size;
  return node;
}

}  // namespace pra::backup
