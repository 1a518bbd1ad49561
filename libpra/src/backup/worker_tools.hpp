#pragma once

#include <string>

#include "base/bytes.hpp"
#include "repo/blob_writer.hpp"
#include "repo/snapshot.hpp"
#include "source/files/metadata.hpp"

namespace pra::backup {

/// What one thread of a backup works with, made once and reused for every file.
struct WorkerTools {
  explicit WorkerTools(repo::BlobWriter& writer) : blobs(writer.make_worker()) {}

  repo::BlobWriter::Worker blobs;
  source::OwnerNames owners;
  Buffer buffer;                 ///< Content of the file at hand.
  std::string nodes;             ///< Encoded nodes of the batch at hand.
  repo::SnapshotSummary counts;  ///< This thread's share of files, directories and bytes.
};

}  // namespace pra::backup
