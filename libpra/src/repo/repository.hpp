#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "chunk/polynomial.hpp"
#include "crypto/envelope.hpp"
#include "repo/blob.hpp"
#include "repo/index.hpp"
#include "repo/secret.hpp"
#include "repo/snapshot.hpp"
#include "repo/tree.hpp"
#include "store/store.hpp"

namespace pra::repo {

/// What a repository is opened with.
struct Environment {
  store::StorePointer store;
  std::shared_ptr<FileSystem> files;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Logger> logger;
  /// Directory of local caches; empty: none. A cache is checked by id and safe to delete. A store
  /// that is local itself gets none.
  std::string cache_directory;
};

struct Config {
  unsigned version = 2;
  std::string id;  ///< 64 hex digits.
  chunk::Polynomial polynomial;
};

class IndexWriter;

enum class FileKind { kKey, kPack, kIndex, kSnapshot, kLock };
/// The Store's name of a repository file: "data/ab/abcd…", "index/…".
[[nodiscard]] std::string object_name(FileKind kind, std::string_view hex);
/// "keys/", "data/", "index/", "snapshots/", "locks/".
[[nodiscard]] std::string_view object_prefix(FileKind kind);

/// An open restic repository (format version 2, or 1 to read). Safe for concurrent use. Its members
/// that touch the store take a stop token.
class Repository {
 public:
  /// Creates one. Error(kAlreadyExists) when there is one. `secret` gets a key: cheap to open when
  /// generated, costly when typed.
  [[nodiscard]] static std::shared_ptr<Repository> create(Environment environment,
                                                          const Secret& secret,
                                                          const std::stop_token& stop);
  /// Error(kNoRepository), Error(kWrongKey), Error(kUnsupported) for another format version.
  [[nodiscard]] static std::shared_ptr<Repository> open(Environment environment,
                                                        const Secret& secret,
                                                        const std::stop_token& stop);
  ~Repository();

  [[nodiscard]] const Config& config() const;
  [[nodiscard]] const crypto::EnvelopeKey& master_key() const;
  [[nodiscard]] store::Store& store() const;
  [[nodiscard]] Clock& clock() const;
  [[nodiscard]] Logger& logger() const;
  [[nodiscard]] FileSystem& files() const;
  [[nodiscard]] std::string location() const;

  // --- Unpacked files
  // -----------------------------------------------------------------------------
  /// The JSON inside an index, snapshot or lock file: hash of the name checked, opened,
  /// decompressed.
  [[nodiscard]] Buffer read_file(FileKind kind, const std::string& hex,
                                 const std::stop_token& stop);
  /// Seals (and compresses) JSON and stores it under its hash, which it returns.
  Digest write_file(FileKind kind, std::string_view json_text, const std::stop_token& stop);
  void remove_file(FileKind kind, const std::string& hex, const std::stop_token& stop);
  /// Names (64 hex digits; others are ignored) and sizes.
  struct Listed {
    std::string hex;
    std::uint64_t size = 0;
  };
  [[nodiscard]] std::vector<Listed> list_files(FileKind kind, const std::stop_token& stop);

  // --- Snapshots
  // ----------------------------------------------------------------------------------
  /// Oldest first. Damaged ones are logged and left out, unless `damaged` collects their names.
  [[nodiscard]] std::vector<Snapshot> snapshots(const SnapshotFilter& filter,
                                                const std::stop_token& stop,
                                                std::vector<std::string>* damaged = nullptr);
  /// An id, a unique prefix of one, or "latest" (the newest that matches `filter`).
  /// Error(kNotFound) with the nearest or newest candidates, Error(kInvalidArgument) for an
  /// ambiguous prefix.
  [[nodiscard]] Snapshot find_snapshot(const std::string& name, const SnapshotFilter& filter,
                                       const std::stop_token& stop);
  [[nodiscard]] SnapshotId save_snapshot(const Snapshot& snapshot, const std::stop_token& stop);

  // --- Blobs
  // --------------------------------------------------------------------------------------
  /// Loads every index file (in parallel, from the cache where it can); no-op when loaded. A
  /// damaged one is Error(kCorrupt); where `damaged` is given, it is named there and the rest is
  /// loaded.
  void load_index(const std::stop_token& stop, std::vector<std::string>* damaged = nullptr);
  [[nodiscard]] Index& index() const;
  /// Where those who store packs register them.
  [[nodiscard]] IndexWriter& index_writer() const;
  /// One blob's plaintext, authenticated and hashed. Tries every copy of a duplicated blob.
  /// Error(kNotFound) when no index knows it, Error(kCorrupt) when no copy is good.
  [[nodiscard]] Buffer load_blob(const BlobHandle& blob, const std::stop_token& stop);
  [[nodiscard]] std::vector<Node> load_tree(const BlobId& id, const std::stop_token& stop);

 private:
  friend class Lock;
  struct Implementation;
  explicit Repository(std::unique_ptr<Implementation> implementation);
  /// A Lock is held, or no longer.
  void enter_locked();
  void leave_locked();
  std::unique_ptr<Implementation> implementation_;
};

/// Opens sealed blobs with contexts that it reuses; one thread at a time, one a worker.
class BlobOpener {
 public:
  explicit BlobOpener(const crypto::EnvelopeKey& key);
  ~BlobOpener();
  BlobOpener(BlobOpener&&) noexcept;
  /// `sealed` is the blob's bytes from its pack. Checks MAC, length and SHA-256 against `blob`.
  /// Error(kCorrupt) otherwise. `plaintext` is replaced.
  void open(const BlobHandle& blob, const BlobLocation& location, ByteView sealed,
            Buffer& plaintext);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::repo
