#include "verify/pack_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "base/bytes.hpp"
#include "base/cancel.hpp"
#include "base/error.hpp"
#include "crypto/envelope.hpp"
#include "crypto/random.hpp"
#include "crypto/sha256.hpp"
#include "repo/pack.hpp"
#include "restore/parallel.hpp"

namespace pra::verify {
namespace {

/// Larger packs are read piece by piece.
constexpr std::uint64_t kLargestInMemory = 160U << 20;
constexpr std::size_t kPiece = 4U << 20;
constexpr std::size_t kFirstTail = 64U << 10;
/// A header of more is none (restic's limit).
constexpr std::size_t kLargestTail = (16U << 20) + 64;
constexpr std::uint64_t kLargestBlob = 1U << 30;

bool is_finding(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kTransient &&
         error.code() != ErrorCode::kTimeout;
}

}  // namespace

/// One thread's buffers and contexts.
class PackCheck::Reader {
 public:
  explicit Reader(PackCheck& check)
      : check_(check),
        opener_(check.repository_.master_key()),
        envelope_(check.repository_.master_key()) {}

  void run(const repo::Repository::Listed& listed) {
    pack_ = PackId::from_hex(listed.hex);
    name_ = repo::object_name(repo::FileKind::kPack, listed.hex);
    size_ = listed.size;
    const auto facts = check_.index_.packs.find(pack_);
    const bool is_indexed = facts != check_.index_.packs.end();
    try {
      check_hash();
      const auto entries = read_header();
      if (is_indexed) compare_with_index(entries, facts->second);
      for (const auto& entry : entries)
        check_blob(entry);
    } catch (const Error& error) {
      if (!is_finding(error)) throw;
      check_.findings_.error("pack " + pack_.hex(), error.what());
      if (is_indexed) check_.suspect_all_in({pack_});
    }
    check_.packs_read_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  /// Bytes of the pack: from memory, or read into `room`.
  ByteView bytes(std::uint64_t offset, std::uint64_t length, Buffer& room) {
    if (offset + length > size_) throw Error(ErrorCode::kCorrupt, "it ends too early");
    if (size_ <= kLargestInMemory)
      return ByteView(whole_).subspan(static_cast<std::size_t>(offset),
                                      static_cast<std::size_t>(length));
    room.resize(static_cast<std::size_t>(length));
    check_.repository_.store().read_range(name_, offset, room, check_.stop_);
    return room;
  }

  void check_hash() {
    if (size_ <= kLargestInMemory) {
      whole_.resize(static_cast<std::size_t>(size_));
      check_.repository_.store().read_range(name_, 0, whole_, check_.stop_);
    }
    for (std::uint64_t at = 0; at < size_;) {
      throw_if_stopped(check_.stop_);
      const auto length = std::min<std::uint64_t>(kPiece, size_ - at);
      hash_.update(bytes(at, length, piece_));
      at += length;
    }
    check_.bytes_read_.fetch_add(size_, std::memory_order_relaxed);
    // The blobs are looked at all the same: most may be good.
    if (hash_.finish().bytes != pack_.bytes)
      check_.findings_.error("pack " + pack_.hex(),
                             "it is damaged: its content does not match its name");
  }

  std::vector<repo::IndexedPack::Entry> read_header() {
    try {
      return parse_header();
    } catch (const Error& error) {
      throw error.with_context("its header");
    }
  }

  std::vector<repo::IndexedPack::Entry> parse_header() {
    std::size_t needed = kFirstTail;
    for (;;) {
      const auto length = std::min<std::uint64_t>(needed, size_);
      std::size_t more = 0;
      auto entries =
          repo::read_pack_header(bytes(size_ - length, length, piece_), size_, envelope_, more);
      if (entries) return std::move(*entries);
      if (more <= needed || more > kLargestTail)
        throw Error(ErrorCode::kCorrupt, "its header has an impossible length");
      needed = more;
    }
  }

  void compare_with_index(const std::vector<repo::IndexedPack::Entry>& entries,
                          const PackFacts& facts) {
    bool differs = entries.size() != facts.blobs;
    for (const auto& entry : entries) {
      const auto places = check_.index_.index.find_all(entry.blob);
      differs |= std::none_of(places.begin(), places.end(), [&](const auto& place) {
        return place.pack == pack_ && place.offset == entry.offset &&
               place.length == entry.length &&
               place.uncompressed_length == entry.uncompressed_length;
      });
    }
    if (differs) {
      check_.findings_.error("pack " + pack_.hex(),
                             "its header and the index disagree about what is in it");
      check_.suspect_all_in({pack_});
    }
  }

  void check_blob(const repo::IndexedPack::Entry& entry) {
    throw_if_stopped(check_.stop_);
    const repo::BlobLocation location{pack_, entry.offset, entry.length, entry.uncompressed_length};
    try {
      if (entry.length > kLargestBlob) throw Error(ErrorCode::kCorrupt, "a blob is too large");
      opener_.open(entry.blob, location, bytes(entry.offset, entry.length, piece_), plaintext_);
    } catch (const Error& error) {
      if (!is_finding(error)) throw;
      check_.findings_.error("pack " + pack_.hex(), error.what());
      check_.suspect(entry.blob);
    }
  }

  PackCheck& check_;
  repo::BlobOpener opener_;
  crypto::Envelope envelope_;
  crypto::Sha256 hash_;
  PackId pack_;
  std::string name_;
  std::uint64_t size_ = 0;
  Buffer whole_;
  Buffer piece_;
  Buffer plaintext_;
};

void PackCheck::compare_listing() {
  packs_ = repository_.list_files(repo::FileKind::kPack, stop_);
  std::unordered_set<PackId, IdHash> present;
  std::unordered_set<PackId, IdHash> bad;
  for (const auto& listed : packs_) {
    const auto pack = PackId::from_hex(listed.hex);
    present.insert(pack);
    const auto facts = index_.packs.find(pack);
    if (facts == index_.packs.end()) {
      findings_.warning("pack " + listed.hex,
                        fmt::format("it is in no index: {} bytes that nothing uses", listed.size));
    } else if (facts->second.size != listed.size) {
      findings_.error("pack " + listed.hex, fmt::format("it has {} bytes where the index says {}",
                                                        listed.size, facts->second.size));
      bad.insert(pack);
    }
  }
  for (const auto& [pack, facts] : index_.packs) {
    if (present.contains(pack)) continue;
    findings_.error("pack " + pack.hex(), fmt::format("it is missing, with {} blobs", facts.blobs));
    bad.insert(pack);
  }
  suspect_all_in(bad);
}

void PackCheck::read(double share, unsigned workers, Progress& progress) {
  auto packs = packs_;
  const auto seed = crypto::random_bytes(8);
  std::mt19937_64 random(read_u32_le(seed) | std::uint64_t{read_u32_le(ByteView(seed).subspan(4))}
                                                 << 32);
  if (share < 1) {
    std::shuffle(packs.begin(), packs.end(), random);
    packs.resize(std::min(packs.size(), static_cast<std::size_t>(
                                            std::ceil(share * static_cast<double>(packs.size())))));
  }
  std::uint64_t total = 0;
  for (const auto& pack : packs)
    total += pack.size;
  progress.begin_phase("read", packs.size(), total);
  restore::parallel_for(
      packs.size(), 1, workers, stop_, [&] { return Reader(*this); },
      [&](Reader& reader, std::size_t i) {
        reader.run(packs[i]);
        progress.add(1, packs[i].size);
      });
}

void PackCheck::suspect(const repo::BlobHandle& blob) {
  const std::scoped_lock lock(mutex_);
  suspects_.insert(blob);
}

void PackCheck::suspect_all_in(const std::unordered_set<PackId, IdHash>& packs) {
  if (packs.empty()) return;
  index_.index.for_each([&](const repo::BlobHandle& blob, const repo::BlobLocation& place) {
    if (packs.contains(place.pack)) suspect(blob);
  });
}

}  // namespace pra::verify
