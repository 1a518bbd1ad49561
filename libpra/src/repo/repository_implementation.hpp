#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/compression.hpp"
#include "crypto/sha256.hpp"
#include "repo/cache.hpp"
#include "repo/context_pool.hpp"
#include "repo/index_writer.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

/// What sealing and opening unpacked files needs; one thread at a time.
struct FileCodec {
  explicit FileCodec(const crypto::EnvelopeKey& key) : envelope(key), compressor(3) {}
  crypto::Envelope envelope;
  crypto::Sha256 sha256;
  Compressor compressor;
  Decompressor decompressor;
  Buffer buffer;
};

/// What reading a blob needs; one thread at a time.
struct BlobReader {
  explicit BlobReader(const crypto::EnvelopeKey& key) : opener(key) {}
  BlobOpener opener;
  Buffer sealed;
};

/// One attempt to load the index.
struct IndexLoad {
  std::mutex mutex;
  bool vanished = false;  ///< A listed file was not there any more.
  std::vector<std::string>* damaged = nullptr;
};

struct Repository::Implementation {
  Implementation(Environment given, const crypto::EnvelopeKey& key, Config parsed);

  Environment environment;
  crypto::EnvelopeKey master_key;
  Config config;
  std::optional<Cache> cache;
  ContextPool<FileCodec> codecs;
  ContextPool<BlobReader> readers;

  std::mutex index_mutex;  ///< Held while the index is loaded.
  bool index_loaded = false;
  std::unordered_set<std::string> index_files;  ///< Those that are in `index`.
  std::size_t locks_held = 0;

  Index index;
  std::unique_ptr<IndexWriter> index_writer;

  /// The bytes as they are stored, from the cache where it can; their hash is checked.
  [[nodiscard]] Buffer read_stored(FileKind kind, const std::string& hex,
                                   const std::stop_token& stop);
  /// With `index_mutex` held.
  void load_index_files(const std::vector<Repository::Listed>& files, Repository& repository,
                        IndexLoad& load, const std::stop_token& stop);
};

/// Whether copies of such files are worth keeping; the name of their folder in the cache.
[[nodiscard]] std::optional<std::string_view> cache_folder(FileKind kind);

}  // namespace pra::repo
