#pragma once

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "repo/index.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot.hpp"
#include "verify/finding_list.hpp"

namespace pra::verify {

/// What the index says of a pack as a whole.
struct PackFacts {
  std::uint64_t size = 0;         ///< Which the pack must have to hold exactly these blobs.
  std::uint64_t fingerprint = 0;  ///< Of its entries, whatever their order.
  std::uint32_t blobs = 0;
};

/// Everything that the index files of a repository say, read from the store and not from a cache.
struct CheckedIndex {
  repo::Index index;
  std::unordered_map<PackId, PackFacts, IdHash> packs;
};

/// Reads the small files of a repository: each must match its name, open and make sense. What does
/// not is a finding.
class ObjectCheck {
 public:
  ObjectCheck(repo::Repository& repository, FindingList& findings, unsigned workers,
              const std::stop_token& stop)
      : repository_(repository), findings_(findings), workers_(workers), stop_(stop) {}

  void check_config();
  void check_keys();
  /// The readable ones are fine whoever holds them. True when all are readable.
  bool check_locks();
  void check_index(CheckedIndex& out);
  [[nodiscard]] std::vector<repo::Snapshot> check_snapshots();

 private:
  /// Calls `check(hex)` for each file of a kind, in parallel, after its hash was compared with its
  /// name; failures become findings.
  template <class Check>
  void check_files(repo::FileKind kind, const Check& check);
  void add_pack(const std::string& index_file, const repo::IndexedPack& pack, CheckedIndex& out);

  repo::Repository& repository_;
  FindingList& findings_;
  const unsigned workers_;
  const std::stop_token& stop_;
  std::mutex mutex_;
};

}  // namespace pra::verify
