#include "repo/pack.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "crypto/sha256.hpp"

namespace pra::repo {

namespace {

constexpr std::size_t kPlainEntry = 1 + 4 + 32;
constexpr std::size_t kCompressedEntry = kPlainEntry + 4;
constexpr std::size_t kLengthField = 4;
constexpr std::size_t kHeaderOverhead = crypto::Envelope::kOverhead + kLengthField;
constexpr std::size_t kMaxHeader = 16 * 1024 * 1024;
constexpr std::size_t kMinPack = kPlainEntry + kHeaderOverhead;
constexpr std::uint8_t kCompressedFlag = 2;

[[noreturn]] void fail(const char* reason) {
  throw Error(ErrorCode::kCorrupt, std::string("pack: ") + reason);
}

void append_entry(Buffer& header, const IndexedPack::Entry& entry) {
  const bool compressed = entry.uncompressed_length != 0;
  header.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(entry.blob.type) |
                                             (compressed ? kCompressedFlag : 0u)));
  append_u32_le(header, entry.length);
  if (compressed) append_u32_le(header, entry.uncompressed_length);
  append(header, entry.blob.id.bytes);
}

/// Takes one entry off the front of `header`.
IndexedPack::Entry take_entry(ByteView& header) {
  if (header.size() < kPlainEntry) fail("its header ends within an entry");
  const std::uint8_t type = header[0];
  if (type > 3) fail("its header names an unknown type of blob");
  const bool compressed = (type & kCompressedFlag) != 0;
  const std::size_t size = compressed ? kCompressedEntry : kPlainEntry;
  if (header.size() < size) fail("its header ends within an entry");
  IndexedPack::Entry entry;
  entry.blob.type = (type & 1) != 0 ? BlobType::kTree : BlobType::kData;
  entry.length = read_u32_le(header.subspan(1, 4));
  if (compressed) {
    entry.uncompressed_length = read_u32_le(header.subspan(5, 4));
    if (entry.uncompressed_length == 0) fail("a compressed blob of no length");
  }
  const ByteView id = header.subspan(size - 32, 32);
  std::copy(id.begin(), id.end(), entry.blob.id.bytes.begin());
  if (entry.length < crypto::Envelope::kOverhead) fail("a blob that is too short");
  header = header.subspan(size);
  return entry;
}

}  // namespace

std::size_t PackBuilder::header_size() const {
  return entries_.size() * kCompressedEntry + kHeaderOverhead;
}

std::size_t PackBuilder::capacity_for(std::size_t sealed_size) {
  return sealed_size + kCompressedEntry + kHeaderOverhead;
}

bool PackBuilder::fits(std::size_t sealed_size) const {
  return header_size() + kCompressedEntry <= kMaxHeader &&
         size() + sealed_size + kCompressedEntry <= bytes_.capacity();
}

MutableByteView PackBuilder::claim(const BlobHandle& blob, std::size_t sealed_size,
                                   std::uint32_t uncompressed_length) {
  constexpr std::size_t kLimit = std::numeric_limits<std::uint32_t>::max();
  if (sealed_size > kLimit || bytes_.size() > kLimit - sealed_size)
    throw Error(ErrorCode::kFailed, "a blob of 4 GiB or more cannot be stored");
  const std::size_t offset = bytes_.size();
  entries_.push_back({blob, static_cast<std::uint32_t>(offset),
                      static_cast<std::uint32_t>(sealed_size), uncompressed_length});
  bytes_.resize(offset + sealed_size);
  return MutableByteView(bytes_).subspan(offset);
}

void PackBuilder::add(const BlobHandle& blob, ByteView sealed, std::uint32_t uncompressed_length) {
  const MutableByteView room = claim(blob, sealed.size(), uncompressed_length);
  std::copy(sealed.begin(), sealed.end(), room.begin());
}

PackBuilder::Finished PackBuilder::finish(crypto::Envelope& envelope) {
  Buffer header;
  header.reserve(header_size());
  for (const auto& entry : entries_)
    append_entry(header, entry);
  const std::size_t start = bytes_.size();
  envelope.seal(header, bytes_);
  append_u32_le(bytes_, static_cast<std::uint32_t>(bytes_.size() - start));
  Finished finished;
  finished.pack.id = PackId::from(crypto::sha256(bytes_));
  finished.pack.blobs = std::move(entries_);
  finished.bytes = std::move(bytes_);
  entries_ = {};
  bytes_ = {};
  return finished;
}

std::optional<std::vector<IndexedPack::Entry>> read_pack_header(ByteView tail,
                                                                std::uint64_t pack_size,
                                                                crypto::Envelope& envelope,
                                                                std::size_t& needed) {
  if (pack_size < kMinPack) fail("it is too short to be whole");
  if (pack_size > std::numeric_limits<std::uint32_t>::max()) fail("it is 4 GiB or longer");
  if (tail.size() < kLengthField) {
    needed = kLengthField;
    return std::nullopt;
  }
  const std::size_t length = read_u32_le(tail.last(kLengthField));
  if (length <= crypto::Envelope::kOverhead || length > kMaxHeader ||
      length + kLengthField > pack_size)
    fail("the length of its header is impossible");
  needed = length + kLengthField;
  if (tail.size() < needed) return std::nullopt;

  Buffer plain;
  envelope.open(tail.subspan(tail.size() - needed, length), plain);
  std::vector<IndexedPack::Entry> entries;
  entries.reserve(plain.size() / kPlainEntry);
  std::uint64_t offset = 0;
  for (ByteView rest = plain; !rest.empty();) {
    entries.push_back(take_entry(rest));
    if (offset > pack_size) fail("its header names more bytes than there are");
    entries.back().offset = static_cast<std::uint32_t>(offset);
    offset += entries.back().length;
  }
  if (offset + needed != pack_size) fail("its blobs and its header do not add up to its size");
  return entries;
}

}  // namespace pra::repo
