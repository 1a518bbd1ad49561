#include "repo/pack.hpp"

#include <doctest/doctest.h>

#include "crypto/sha256.hpp"
#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

struct Example {
  crypto::EnvelopeKey key = crypto::EnvelopeKey::generate();
  crypto::Envelope envelope{key};
  BlobHandle first{BlobType::kData, BlobId::from_hex(std::string(64, 'a'))};
  BlobHandle second{BlobType::kTree, BlobId::from_hex(std::string(64, 'b'))};

  Buffer sealed(std::string_view text) {
    Buffer out;
    envelope.seal(as_bytes(text), out);
    return out;
  }
  PackBuilder::Finished pack() {
    PackBuilder builder;
    builder.add(first, sealed("hello"), 0);
    builder.add(second, sealed("compressed, as it were"), 77);
    return builder.finish(envelope);
  }
  /// A pack with the given header after `blobs` bytes of blobs.
  Buffer with_header(std::size_t blobs, ByteView header) {
    Buffer out(blobs);
    const std::size_t start = out.size();
    envelope.seal(header, out);
    append_u32_le(out, static_cast<std::uint32_t>(out.size() - start));
    return out;
  }
  std::optional<ErrorCode> read(ByteView pack) {
    return test::code_of([&] {
      std::size_t needed = 0;
      (void)read_pack_header(pack, pack.size(), envelope, needed);
    });
  }
};

Buffer entry(std::uint8_t type, std::uint32_t length, std::uint32_t plain) {
  Buffer out{type};
  append_u32_le(out, length);
  if (type >= 2) append_u32_le(out, plain);
  out.resize(out.size() + 32);
  std::fill(out.end() - 32, out.end(), std::uint8_t{7});
  return out;
}

}  // namespace

TEST_CASE("a pack is blobs, a sealed header of 37 and 41 bytes an entry, and its length") {
  Example example;
  const auto [pack, bytes] = example.pack();
  CHECK(pack.id.bytes == crypto::sha256(bytes).bytes);
  REQUIRE(pack.blobs.size() == 2);
  CHECK(pack.blobs[0].offset == 0);
  CHECK(pack.blobs[0].length == 5 + 32);
  CHECK(pack.blobs[1].offset == 37);
  CHECK(pack.blobs[1].uncompressed_length == 77);
  const std::size_t blobs = 37 + 22 + 32;
  CHECK(bytes.size() == blobs + 37 + 41 + 36);
  CHECK(read_u32_le(ByteView(bytes).last(4)) == 37 + 41 + 32);

  Buffer header;
  example.envelope.open(ByteView(bytes).subspan(blobs, 37 + 41 + 32), header);
  CHECK(to_hex(header) ==
        "00"
        "25000000" +
            std::string(64, 'a') +
            "03"
            "36000000"
            "4d000000" +
            std::string(64, 'b'));
}

TEST_CASE("the header is read from the end, asking for as much as it takes") {
  Example example;
  const auto [pack, bytes] = example.pack();
  std::size_t needed = 0;
  const ByteView all(bytes);
  CHECK_FALSE(read_pack_header(all.last(3), all.size(), example.envelope, needed));
  CHECK(needed == 4);
  CHECK_FALSE(read_pack_header(all.last(4), all.size(), example.envelope, needed));
  CHECK(needed == 37 + 41 + 36);
  for (const std::size_t tail : {needed, needed + 1, all.size()}) {
    const auto entries = read_pack_header(all.last(tail), all.size(), example.envelope, needed);
    REQUIRE(entries);
    REQUIRE(entries->size() == 2);
    CHECK((*entries)[1].blob == example.second);
    CHECK((*entries)[1].offset == 37);
    CHECK((*entries)[1].length == pack.blobs[1].length);
    CHECK((*entries)[1].uncompressed_length == 77);
  }
}

TEST_CASE("room that is claimed stays in place while the pack fits") {
  Example example;
  Buffer room;
  room.reserve(PackBuilder::capacity_for(100));
  PackBuilder builder(std::move(room));
  CHECK(builder.fits(100));
  CHECK_FALSE(builder.fits(101));
  const auto first = builder.claim(example.first, 30, 0);
  CHECK(builder.fits(100 - 30 - 41));
  CHECK_FALSE(builder.fits(100 - 30 - 40));
  const auto second = builder.claim(example.second, 100 - 30 - 41, 0);
  CHECK(first.data() + 30 == second.data());
  const auto* before = first.data();
  const auto finished = builder.finish(example.envelope);
  CHECK(finished.bytes.data() == before);
  CHECK(builder.empty());
}

TEST_CASE("every damaged or shortened pack is refused") {
  Example example;
  const auto [pack, bytes] = example.pack();
  CHECK_FALSE(example.read(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    REQUIRE(example.read(ByteView(bytes).first(length)) == ErrorCode::kCorrupt);
  // The header's part: flips among the blobs are the business of their own MACs.
  for (std::size_t i = pack.blobs[1].offset + pack.blobs[1].length; i < bytes.size(); ++i) {
    Buffer flipped = bytes;
    flipped[i] ^= 0x10;
    REQUIRE(example.read(flipped) == ErrorCode::kCorrupt);
  }
}

TEST_CASE("hostile headers are refused") {
  Example example;
  CHECK_FALSE(example.read(example.with_header(40, entry(0, 40, 0))));
  CHECK_FALSE(example.read(example.with_header(40, entry(3, 40, 1))));
  CHECK(example.read(example.with_header(41, entry(0, 40, 0))) == ErrorCode::kCorrupt);
  CHECK(example.read(example.with_header(39, entry(0, 40, 0))) == ErrorCode::kCorrupt);
  CHECK(example.read(example.with_header(40, entry(4, 40, 1))) == ErrorCode::kCorrupt);
  CHECK(example.read(example.with_header(40, entry(2, 40, 0))) == ErrorCode::kCorrupt);
  CHECK(example.read(example.with_header(31, entry(0, 31, 0))) == ErrorCode::kCorrupt);
  CHECK(example.read(example.with_header(100, {})) == ErrorCode::kCorrupt);
  // Lengths that wrap around to the right sum.
  Buffer wrapping = entry(0, 0xffffffff, 0);
  append(wrapping, entry(0, 0xffffffff, 0));
  append(wrapping, entry(0, 42, 0));
  CHECK(example.read(example.with_header(40, wrapping)) == ErrorCode::kCorrupt);
  Buffer cut = entry(2, 40, 5);
  cut.pop_back();
  CHECK(example.read(example.with_header(40, cut)) == ErrorCode::kCorrupt);
}

TEST_CASE("a pack never grows past 4 GiB") {
  PackBuilder builder;
  CHECK(test::code_of([&] {
          (void)builder.claim({BlobType::kData, {}}, std::size_t{1} << 32, 0);
        }) == ErrorCode::kFailed);
}
