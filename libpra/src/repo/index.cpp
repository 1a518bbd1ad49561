#include "repo/index.hpp"

#include <array>
#include <cstring>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <tuple>

#include "base/error.hpp"
#include "crypto/random.hpp"
#include "repo/slot_table.hpp"

namespace pra::repo {

namespace {

/// Ids of a hostile repository need not be uniform: all of an id's bits are mixed with a seed that
/// nobody knows, so that nobody can make probing slow.
class SeededHash {
 public:
  SeededHash() {
    crypto::fill_random({reinterpret_cast<std::uint8_t*>(seeds_.data()), sizeof seeds_});
  }
  template <class Tag>
  [[nodiscard]] std::uint64_t operator()(const Id<Tag>& id) const {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), id.bytes.data(), sizeof words);
    const std::uint64_t low = fold(words[0] ^ seeds_[0], words[1] ^ seeds_[1]);
    const std::uint64_t high = fold(words[2] ^ seeds_[2], words[3] ^ seeds_[3]);
    return fold(low ^ seeds_[1], high ^ seeds_[2]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  std::array<std::uint64_t, 4> seeds_{};
};

/// 48 bytes a blob.
struct Record {
  BlobId id;
  std::uint32_t pack_and_type = 0;  ///< Number of the pack, doubled, plus the blob's type.
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t uncompressed_length = 0;

  [[nodiscard]] BlobType type() const { return static_cast<BlobType>(pack_and_type & 1); }
  [[nodiscard]] std::uint32_t pack() const { return pack_and_type >> 1; }
  [[nodiscard]] bool is(const BlobHandle& blob) const {
    return id == blob.id && type() == blob.type;
  }
  [[nodiscard]] auto key() const {
    return std::tie(id, pack_and_type, offset, length, uncompressed_length);
  }
};

struct ByHandle {
  bool operator()(const Record& a, const Record& b) const { return a.key() < b.key(); }
};

}  // namespace

struct Index::Implementation {
  struct Shard {
    mutable std::shared_mutex mutex;
    SlotTable slots;
    PiecewiseVector<Record> records;
    std::set<Record, ByHandle> duplicates;  ///< Further copies of what is in `records`; rare.

    [[nodiscard]] const Record* find(const BlobHandle& blob, std::uint64_t blob_hash) const {
      const std::uint32_t found =
          slots.find(blob_hash, [&](std::uint32_t i) { return records[i].is(blob); });
      return found == SlotTable::kNone ? nullptr : &records[found];
    }
  };

  SeededHash hash;
  std::shared_mutex contents_mutex;  ///< Shared while a pack is added, exclusive to clear.
  std::array<Shard, 64> shards;
  mutable std::shared_mutex packs_mutex;
  PiecewiseVector<PackId> packs;
  SlotTable pack_slots;

  /// The shard takes the hash's upper bits, its table the lower ones.
  [[nodiscard]] Shard& shard_of(std::uint64_t value) { return shards[value >> 58]; }

  std::uint32_t number_of(const PackId& pack) {
    const std::uint64_t value = hash(pack);
    const std::unique_lock lock(packs_mutex);
    const std::uint32_t known =
        pack_slots.find(value, [&](std::uint32_t i) { return packs[i] == pack; });
    if (known != SlotTable::kNone) return known;
    if (packs.size() >= SlotTable::kMaxEntries)
      throw Error(ErrorCode::kCorrupt, "index: too many packs");
    const auto number = static_cast<std::uint32_t>(packs.size());
    packs.push_back(pack);
    pack_slots.insert(number, [&](std::uint32_t i) { return hash(packs[i]); });
    return number;
  }

  void add(std::uint32_t pack, const IndexedPack::Entry& entry) {
    const Record record{entry.blob.id, pack << 1 | static_cast<std::uint32_t>(entry.blob.type),
                        entry.offset, entry.length, entry.uncompressed_length};
    const std::uint64_t value = hash(record.id);
    Shard& shard = shard_of(value);
    const std::unique_lock lock(shard.mutex);
    if (const Record* known = shard.find(entry.blob, value)) {
      if (known->key() != record.key()) shard.duplicates.insert(record);
      return;
    }
    if (shard.records.size() >= SlotTable::kMaxEntries)
      throw Error(ErrorCode::kCorrupt, "index: too many blobs");
    const auto number = static_cast<std::uint32_t>(shard.records.size());
    shard.records.push_back(record);
    shard.slots.insert(number, [&](std::uint32_t i) { return hash(shard.records[i].id); });
  }

  [[nodiscard]] BlobLocation locate(const Record& record) const {
    const std::shared_lock lock(packs_mutex);
    return {packs[record.pack()], record.offset, record.length, record.uncompressed_length};
  }
};

Index::Index() : implementation_(std::make_unique<Implementation>()) {}
Index::~Index() = default;

void Index::add(const IndexedPack& pack) {
  const std::shared_lock adding(implementation_->contents_mutex);
  const std::uint32_t number = implementation_->number_of(pack.id);
  for (const auto& entry : pack.blobs)
    implementation_->add(number, entry);
}

void Index::clear() {
  const std::unique_lock clearing(implementation_->contents_mutex);
  for (auto& shard : implementation_->shards) {
    const std::unique_lock lock(shard.mutex);
    shard.slots = {};
    shard.records = {};
    shard.duplicates.clear();
  }
  // Nothing refers to a pack any more.
  const std::unique_lock lock(implementation_->packs_mutex);
  implementation_->packs = {};
  implementation_->pack_slots = {};
}

std::optional<BlobLocation> Index::find(const BlobHandle& blob) const {
  const std::uint64_t value = implementation_->hash(blob.id);
  const auto& shard = implementation_->shard_of(value);
  const std::shared_lock lock(shard.mutex);
  const Record* record = shard.find(blob, value);
  if (record == nullptr) return std::nullopt;
  return implementation_->locate(*record);
}

bool Index::contains(const BlobHandle& blob) const {
  const std::uint64_t value = implementation_->hash(blob.id);
  const auto& shard = implementation_->shard_of(value);
  const std::shared_lock lock(shard.mutex);
  return shard.find(blob, value) != nullptr;
}

std::vector<BlobLocation> Index::find_all(const BlobHandle& blob) const {
  const std::uint64_t value = implementation_->hash(blob.id);
  const auto& shard = implementation_->shard_of(value);
  const std::shared_lock lock(shard.mutex);
  std::vector<BlobLocation> locations;
  const Record* record = shard.find(blob, value);
  if (record == nullptr) return locations;
  locations.push_back(implementation_->locate(*record));
  for (auto copy = shard.duplicates.lower_bound(Record{blob.id});
       copy != shard.duplicates.end() && copy->id == blob.id; ++copy)
    if (copy->type() == blob.type) locations.push_back(implementation_->locate(*copy));
  return locations;
}

std::size_t Index::blob_count() const {
  std::size_t count = 0;
  for (const auto& shard : implementation_->shards) {
    const std::shared_lock lock(shard.mutex);
    count += shard.records.size();
  }
  return count;
}

std::size_t Index::pack_count() const {
  const std::shared_lock lock(implementation_->packs_mutex);
  return implementation_->packs.size();
}

std::uint64_t Index::memory_bytes() const {
  constexpr std::size_t kTreeNode = sizeof(Record) + 4 * sizeof(void*);
  std::uint64_t bytes = sizeof(Implementation);
  for (const auto& shard : implementation_->shards) {
    const std::shared_lock lock(shard.mutex);
    bytes += shard.records.memory_bytes() + shard.slots.memory_bytes() +
             shard.duplicates.size() * kTreeNode;
  }
  const std::shared_lock lock(implementation_->packs_mutex);
  return bytes + implementation_->packs.memory_bytes() + implementation_->pack_slots.memory_bytes();
}

void Index::for_each(
    const std::function<void(const BlobHandle&, const BlobLocation&)>& visit) const {
  const auto show = [&](const Record& record) {
    visit({record.type(), record.id}, implementation_->locate(record));
  };
  for (const auto& shard : implementation_->shards) {
    const std::shared_lock lock(shard.mutex);
    for (std::size_t i = 0; i < shard.records.size(); ++i)
      show(shard.records[i]);
    for (const Record& copy : shard.duplicates)
      show(copy);
  }
}

}  // namespace pra::repo
