#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "repo/blob.hpp"

namespace pra::repo {

/// One pack as an index file lists it.
struct IndexedPack {
  struct Entry {
    BlobHandle blob;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    std::uint32_t uncompressed_length = 0;
  };
  PackId id;
  std::vector<Entry> blobs;
};

/// The plain JSON of an index file, `{"packs":[…]}`.
[[nodiscard]] std::string encode_index(std::span<const IndexedPack> packs);
/// Reads an index file's JSON, pack by pack, without a document in memory. Hostile input: offsets
/// and lengths are checked for overflow (Error(kCorrupt)).
void decode_index(std::string_view text, const std::function<void(IndexedPack&&)>& visit);

/// Every blob of the repository, in memory: about 56 bytes a blob (a table of fixed entries, packs
/// numbered). Safe for concurrent use: look-ups by many threads beside additions.
class Index {
 public:
  Index();
  ~Index();

  /// Adds a pack's blobs; a blob that is known already stays where it was found first (its copies
  /// count as duplicates and are found by `for_each`).
  void add(const IndexedPack& pack);
  /// Forgets everything, to be filled anew.
  void clear();
  [[nodiscard]] std::optional<BlobLocation> find(const BlobHandle& blob) const;
  [[nodiscard]] bool contains(const BlobHandle& blob) const;
  /// All locations of a blob: more than one where the repository holds duplicates.
  [[nodiscard]] std::vector<BlobLocation> find_all(const BlobHandle& blob) const;
  [[nodiscard]] std::size_t blob_count() const;
  [[nodiscard]] std::size_t pack_count() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  void for_each(const std::function<void(const BlobHandle&, const BlobLocation&)>& visit) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra::repo
