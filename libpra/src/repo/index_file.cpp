#include <limits>

#include "base/error.hpp"
#include "base/json.hpp"
#include "crypto/envelope.hpp"
#include "repo/index.hpp"
#include "repo/json_cursor.hpp"

namespace pra::repo {

namespace {

class IndexReader {
 public:
  IndexReader(std::string_view text, const std::function<void(IndexedPack&&)>& visit)
      : json_(text, "index"), visit_(visit) {}

  void read() {
    json_.object([&](std::string_view key) {
      if (key != "packs") {
        json_.skip();
      } else if (!json_.null()) {
        json_.array([&] { read_pack(); });
      }
    });
    json_.end();
  }

 private:
  void read_pack() {
    IndexedPack pack;
    json_.object([&](std::string_view key) {
      if (key == "id") {
        pack.id = read_id<PackId>();
      } else if (key == "blobs") {
        if (!json_.null()) json_.array([&] { pack.blobs.push_back(read_blob()); });
      } else {
        json_.skip();
      }
    });
    if (pack.id.is_null()) json_.fail("a pack without an id");
    visit_(std::move(pack));
  }

  IndexedPack::Entry read_blob() {
    IndexedPack::Entry entry;
    bool has_type = false;
    json_.object([&](std::string_view key) {
      if (key == "id") {
        entry.blob.id = read_id<BlobId>();
      } else if (key == "type") {
        const std::string_view type = json_.string();
        if (type != "data" && type != "tree") json_.fail("an unknown type of blob");
        entry.blob.type = type == "data" ? BlobType::kData : BlobType::kTree;
        has_type = true;
      } else if (key == "offset") {
        entry.offset = json_.unsigned_32();
      } else if (key == "length") {
        entry.length = json_.unsigned_32();
      } else if (key == "uncompressed_length") {
        entry.uncompressed_length = json_.unsigned_32();
      } else {
        json_.skip();
      }
    });
    if (!has_type || entry.blob.id.is_null()) json_.fail("a blob without id or type");
    if (entry.length < crypto::Envelope::kOverhead) json_.fail("a blob that is too short");
    if (entry.offset > std::numeric_limits<std::uint32_t>::max() - entry.length)
      json_.fail("a blob beyond 4 GiB");
    return entry;
  }

  template <class AnyId>
  AnyId read_id() {
    AnyId id;
    if (!AnyId::parse(json_.string(), id)) json_.fail("not a SHA-256 id");
    return id;
  }

  JsonCursor json_;
  const std::function<void(IndexedPack&&)>& visit_;
};

}  // namespace

std::string encode_index(std::span<const IndexedPack> packs) {
  std::size_t blobs = 0;
  for (const IndexedPack& pack : packs)
    blobs += pack.blobs.size();
  std::string out;
  out.reserve(blobs * 190 + packs.size() * 100 + 16);
  JsonText json(out);
  json.raw("{\"packs\":[");
  for (const IndexedPack& pack : packs) {
    json.raw("{\"id\":\"").raw(pack.id.hex()).raw("\",\"blobs\":[");
    for (const IndexedPack::Entry& entry : pack.blobs) {
      json.raw("{\"id\":\"").raw(entry.blob.id.hex());
      json.raw(entry.blob.type == BlobType::kData ? "\",\"type\":\"data\",\"offset\":"
                                                  : "\",\"type\":\"tree\",\"offset\":");
      json.number(std::uint64_t{entry.offset});
      json.raw(",\"length\":").number(std::uint64_t{entry.length});
      if (entry.uncompressed_length != 0)
        json.raw(",\"uncompressed_length\":").number(std::uint64_t{entry.uncompressed_length});
      json.raw("},");
    }
    if (!pack.blobs.empty()) out.pop_back();
    json.raw("]},");
  }
  if (!packs.empty()) out.pop_back();
  json.raw("]}");
  return out;
}

void decode_index(std::string_view text, const std::function<void(IndexedPack&&)>& visit) {
  IndexReader(text, visit).read();
}

}  // namespace pra::repo
