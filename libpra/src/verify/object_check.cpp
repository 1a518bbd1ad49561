#include "verify/object_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "crypto/envelope.hpp"
#include "crypto/sha256.hpp"
#include "repo/lock.hpp"
#include "restore/parallel.hpp"

namespace pra::verify {
namespace {

constexpr std::uint64_t kHeaderEntry = 37;
constexpr std::uint64_t kCompressedHeaderEntry = 41;
constexpr std::uint64_t kHeaderFrame = crypto::Envelope::kOverhead + 4;

/// Failures that concern one file. Others (a store out of reach, a stop) end the check.
bool is_finding(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kTransient &&
         error.code() != ErrorCode::kTimeout;
}

std::uint64_t fingerprint(const repo::IndexedPack::Entry& entry) {
  auto value = static_cast<std::uint64_t>(repo::BlobHandleHash{}(entry.blob));
  for (const std::uint64_t part : {entry.offset, entry.length, entry.uncompressed_length})
    value = (value ^ part) * 0x9e3779b97f4a7c15U;
  return value ^ value >> 32;
}

}  // namespace

template <class Check>
void ObjectCheck::check_files(repo::FileKind kind, const Check& check) {
  const auto files = repository_.list_files(kind, stop_);
  restore::parallel_for(
      files.size(), 1, workers_, stop_, [] { return crypto::Sha256(); },
      [&](crypto::Sha256& hash, std::size_t i) {
        const auto& hex = files[i].hex;
        const auto name = repo::object_name(kind, hex);
        try {
          // Not through Repository::read_file, which may find a good copy in the local cache.
          const auto stored = repository_.store().read(name, stop_);
          if (hash.digest(stored).hex() != hex)
            throw Error(ErrorCode::kCorrupt, "its content does not match its name");
          check(hex, stored);
        } catch (const Error& error) {
          if (!is_finding(error)) throw;
          // Locks come and go.
          if (kind == repo::FileKind::kLock && error.code() == ErrorCode::kNotFound) return;
          findings_.error(name, error.what());
        }
      });
}

void ObjectCheck::check_config() {
  try {
    const auto sealed = repository_.store().read("config", stop_);
    Buffer text;
    crypto::Envelope(repository_.master_key()).open(sealed, text);
    const auto document = parse_json(as_text(text), "config");
    const JsonReader reader(document, "config");
    if (reader.string("id") != repository_.config().id)
      throw Error(ErrorCode::kCorrupt, "it is the config of another repository");
  } catch (const Error& error) {
    if (!is_finding(error)) throw;
    findings_.error("config", error.what());
  }
}

void ObjectCheck::check_keys() {
  check_files(repo::FileKind::kKey, [](const std::string&, const Buffer& stored) {
    const auto document = parse_json(as_text(stored), "key file");
    const JsonReader reader(document, "key file");
    static_cast<void>(from_base64(reader.string("data")));
  });
}

bool ObjectCheck::check_locks() {
  const auto before = findings_.count();
  check_files(repo::FileKind::kLock, [&](const std::string& hex, const Buffer&) {
    const auto text = repository_.read_file(repo::FileKind::kLock, hex, stop_);
    static_cast<void>(repo::decode_lock(as_text(text), LockId::from_hex(hex)));
  });
  return findings_.count() == before;
}

void ObjectCheck::check_index(CheckedIndex& out) {
  check_files(repo::FileKind::kIndex, [&](const std::string& hex, const Buffer&) {
    const auto text = repository_.read_file(repo::FileKind::kIndex, hex, stop_);
    repo::decode_index(as_text(text), [&](repo::IndexedPack&& pack) { add_pack(hex, pack, out); });
  });
}

void ObjectCheck::add_pack(const std::string& index_file, const repo::IndexedPack& pack,
                           CheckedIndex& out) {
  PackFacts facts;
  facts.size = kHeaderFrame;
  auto blobs = pack.blobs;
  std::sort(blobs.begin(), blobs.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::uint64_t end = 0;
  bool gaps = false;
  for (const auto& blob : blobs) {
    gaps |= blob.offset != end;
    end = std::uint64_t{blob.offset} + blob.length;
    facts.size +=
        blob.length + (blob.uncompressed_length != 0 ? kCompressedHeaderEntry : kHeaderEntry);
    facts.fingerprint += fingerprint(blob);
    ++facts.blobs;
  }
  const auto object = "pack " + pack.id.hex();
  if (gaps)
    findings_.error(object, fmt::format("index {} says that its blobs do not lie one after another",
                                        index_file));
  out.index.add(pack);
  const std::scoped_lock lock(mutex_);
  const auto [place, added] = out.packs.try_emplace(pack.id, facts);
  if (!added && place->second.fingerprint != facts.fingerprint)
    findings_.error(object, "index files disagree about what is in it");
}

std::vector<repo::Snapshot> ObjectCheck::check_snapshots() {
  std::vector<repo::Snapshot> snapshots;
  check_files(repo::FileKind::kSnapshot, [&](const std::string& hex, const Buffer&) {
    const auto text = repository_.read_file(repo::FileKind::kSnapshot, hex, stop_);
    auto snapshot = repo::decode_snapshot(as_text(text), SnapshotId::from_hex(hex));
    const std::scoped_lock lock(mutex_);
    snapshots.push_back(std::move(snapshot));
  });
  std::sort(snapshots.begin(), snapshots.end(),
            [](const auto& a, const auto& b) { return a.time < b.time; });
  return snapshots;
}

}  // namespace pra::verify
