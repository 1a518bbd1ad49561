#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/parallel.hpp"
#include "repo/repository_implementation.hpp"

namespace pra::repo {

namespace {

constexpr std::uint64_t kMaxIndexFile = std::uint64_t{1} << 30;
constexpr int kIndexAttempts = 4;

std::string_view type_name(BlobType type) {
  return type == BlobType::kData ? "data" : "tree";
}

}  // namespace

void Repository::Implementation::load_index_files(const std::vector<Repository::Listed>& files,
                                                  Repository& repository, IndexLoad& load,
                                                  const std::stop_token& stop) {
  const auto load_one = [&](const std::string& hex, std::uint64_t size) {
    if (size > kMaxIndexFile)
      throw Error(ErrorCode::kCorrupt,
                  object_name(FileKind::kIndex, hex) + " is too large to be an index");
    const Buffer text = repository.read_file(FileKind::kIndex, hex, stop);
    decode_index(as_text(text), [&](IndexedPack&& pack) { index.add(pack); });
  };
  const auto visit = [&](std::size_t i) {
    throw_if_stopped(stop);
    const std::string& hex = files[i].hex;
    try {
      load_one(hex, files[i].size);
      const std::scoped_lock lock(load.mutex);
      index_files.insert(hex);
    } catch (const Error& error) {
      const std::scoped_lock lock(load.mutex);
      if (error.code() == ErrorCode::kNotFound) {
        load.vanished = true;
      } else if (error.code() == ErrorCode::kCorrupt && load.damaged != nullptr) {
        environment.logger->warning(fmt::format("an index file is left out: {}", error.what()));
        load.damaged->push_back(hex);
      } else {
        throw Error(error.code(), error.what(),
                    error.code() == ErrorCode::kCorrupt
                        ? "`restic repair index` makes it anew from the packs"
                        : error.hint());
      }
    }
  };
  parallel_for(files.size(),
               std::max<std::size_t>(repository.store().connections(), usable_cores()), visit);
}

void Repository::load_index(const std::stop_token& stop, std::vector<std::string>* damaged) {
  const std::scoped_lock loading(implementation_->index_mutex);
  if (implementation_->index_loaded) return;
  auto& loaded = implementation_->index_files;
  std::unordered_set<std::string> known;
  IndexLoad load;
  load.damaged = damaged;
  // A file that vanishes was replaced by one that this listing lacks: list again.
  for (int attempt = 0; attempt == 0 || load.vanished; ++attempt) {
    if (attempt == kIndexAttempts)
      throw Error(ErrorCode::kTransient,
                  fmt::format("the index of {} keeps changing while it is read", location()),
                  "wait until the other process has finished");
    load.vanished = false;
    known.clear();
    auto files = list_files(FileKind::kIndex, stop);
    for (const auto& file : files)
      known.insert(file.hex);
    // What is not listed any more was replaced: its packs may be gone.
    const bool outdated = std::any_of(loaded.begin(), loaded.end(),
                                      [&](const std::string& hex) { return !known.contains(hex); });
    if (outdated) {
      implementation_->index.clear();
      loaded.clear();
    }
    if (damaged != nullptr) damaged->clear();
    std::erase_if(files, [&](const Listed& file) { return loaded.contains(file.hex); });
    implementation_->load_index_files(files, *this, load, stop);
  }
  if (implementation_->cache)
    implementation_->cache->keep_only(*cache_folder(FileKind::kIndex), known);
  implementation_->index_loaded = true;
}

void Repository::enter_locked() {
  const std::scoped_lock loading(implementation_->index_mutex);
  if (implementation_->locks_held++ > 0) return;
  implementation_->index_loaded = false;
  // Packs that no index names may be pruned by anybody while nobody holds a lock.
  if (implementation_->index_writer->discard()) {
    implementation_->index.clear();
    implementation_->index_files.clear();
  }
}

void Repository::leave_locked() {
  const std::scoped_lock loading(implementation_->index_mutex);
  --implementation_->locks_held;
}

Index& Repository::index() const {
  return implementation_->index;
}
IndexWriter& Repository::index_writer() const {
  return *implementation_->index_writer;
}

Buffer Repository::load_blob(const BlobHandle& blob, const std::stop_token& stop) {
  const auto locations = index().find_all(blob);
  if (locations.empty())
    throw Error(ErrorCode::kNotFound,
                fmt::format("no index of {} knows the {} blob {}", location(), type_name(blob.type),
                            blob.id.hex()),
                "`pra verify` says what is missing");
  std::string problems;
  const auto reader = implementation_->readers.lease();
  for (const BlobLocation& place : locations) {
    throw_if_stopped(stop);
    try {
      reader->sealed.resize(place.length);
      store().read_range(object_name(FileKind::kPack, place.pack.hex()), place.offset,
                         reader->sealed, stop);
      Buffer plaintext;
      reader->opener.open(blob, place, reader->sealed, plaintext);
      return plaintext;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kNotFound) throw;
      problems += fmt::format("{}{}", problems.empty() ? "" : "; ", error.what());
    }
  }
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("the {} blob {} is lost: {}", type_name(blob.type), blob.id.hex(), problems),
      "`pra verify --read-data` says what else is damaged");
}

std::vector<Node> Repository::load_tree(const BlobId& id, const std::stop_token& stop) {
  const Buffer text = load_blob({BlobType::kTree, id}, stop);
  try {
    return decode_tree(as_text(text));
  } catch (const Error& error) {
    throw error.with_context("tree blob " + id.hex());
  }
}

}  // namespace pra::repo
