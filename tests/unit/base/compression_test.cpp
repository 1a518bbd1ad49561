#include "base/compression.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include <random>
#include <string>

#include "support/errors.hpp"

using namespace pra;
using pra::test::code_of;

namespace {

Buffer noise(std::size_t size) {
  std::minstd_rand random(1);
  Buffer out(size);
  for (auto& byte : out)
    byte = static_cast<std::uint8_t>(random() >> 8);
  return out;
}

Buffer text(std::size_t size) {
  Buffer out;
  for (int i = 0; out.size() < size; ++i)
    append(out, as_bytes("line " + std::to_string(i) + '\n'));
  out.resize(size);
  return out;
}

/// A frame that does not state its size, as streaming compressors write it.
Buffer unsized_frame(ByteView plaintext) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  Buffer out(ZSTD_compressBound(plaintext.size()));
  out.resize(ZSTD_compress2(context, out.data(), out.size(), plaintext.data(), plaintext.size()));
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace

TEST_CASE("every size comes back, from one pair of contexts") {
  Decompressor decompressor;
  for (const int level : {1, 3, 19}) {
    Compressor compressor(level);
    for (const std::size_t size : {0, 1, 2, 100, 4096, 65536, 131073, 1 << 20}) {
      for (const auto& plaintext : {text(size), noise(size), Buffer(size, 0)}) {
        Buffer frame;
        compressor.compress(plaintext, frame);
        CHECK(ZSTD_getFrameContentSize(frame.data(), frame.size()) == size);
        Buffer back;
        decompressor.decompress(frame, size, back);
        CHECK(back == plaintext);
      }
    }
  }
}

TEST_CASE("compress appends, decompress replaces") {
  Compressor compressor(1);
  Decompressor decompressor;
  Buffer out = to_buffer(as_bytes("head"));
  compressor.compress(as_bytes("body"), out);
  CHECK(as_text(ByteView(out).first(4)) == "head");
  Buffer back = to_buffer(as_bytes("what was there"));
  decompressor.decompress(ByteView(out).subspan(4), 100, back);
  CHECK(as_text(back) == "body");
}

TEST_CASE("levels outside 1 to 19 are refused") {
  for (const int level : {0, -1, 20, 22})
    CHECK(code_of([&] { Compressor compressor(level); }) == ErrorCode::kInvalidArgument);
}

TEST_CASE("frames without a stated size are read") {
  Decompressor decompressor;
  for (const std::size_t size : {0, 1, 1000, 131072, 131073, 3 << 20}) {
    CAPTURE(size);
    const auto plaintext = text(size);
    const auto frame = unsized_frame(plaintext);
    REQUIRE(ZSTD_getFrameContentSize(frame.data(), frame.size()) == ZSTD_CONTENTSIZE_UNKNOWN);
    Buffer back;
    decompressor.decompress(frame, size, back);
    CHECK(back == plaintext);
    if (size > 0)
      CHECK(code_of([&] { decompressor.decompress(frame, size - 1, back); }) ==
            ErrorCode::kCorrupt);
    auto longer = frame;
    longer.push_back(0);
    CHECK(code_of([&] { decompressor.decompress(longer, size, back); }) == ErrorCode::kCorrupt);
    decompressor.decompress(frame, size, back);
    CHECK(back == plaintext);
  }
}

TEST_CASE("no more than the limit is made") {
  Compressor compressor(19);
  Decompressor decompressor;
  const Buffer zeros(64 << 20, 0);
  Buffer bomb;
  compressor.compress(zeros, bomb);
  CHECK(bomb.size() < 10'000);
  Buffer back;
  CHECK(code_of([&] { decompressor.decompress(bomb, 1 << 20, back); }) == ErrorCode::kCorrupt);
  CHECK(back.capacity() < 2 << 20);
  CHECK(code_of([&] { decompressor.decompress(unsized_frame(zeros), 1 << 20, back); }) ==
        ErrorCode::kCorrupt);
  CHECK(back.capacity() < 8 << 20);
}

TEST_CASE("a stated size that cannot be is refused before memory is taken") {
  // A raw block of one byte in a frame that claims 4 GiB (RFC 8878, 3.1.1.1).
  const Buffer frame{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 0x09, 0x00, 0x00, 0x41};
  REQUIRE(ZSTD_getFrameContentSize(frame.data(), frame.size()) == std::uint64_t{1} << 32);
  Decompressor decompressor;
  Buffer back;
  CHECK(code_of([&] { decompressor.decompress(frame, std::uint64_t{1} << 40, back); }) ==
        ErrorCode::kCorrupt);
  CHECK(back.capacity() < 1 << 20);
}

TEST_CASE("the most that a frame can hold is accepted") {
  Compressor compressor(19);
  Decompressor decompressor;
  const Buffer zeros(200 << 20, 0);
  Buffer frame;
  compressor.compress(zeros, frame);
  Buffer back;
  decompressor.decompress(frame, zeros.size(), back);
  CHECK(back.size() == zeros.size());
  CHECK(all_zero(back));
}

TEST_CASE("damage is found or leaves the content") {
  Compressor compressor(3);
  Decompressor decompressor;
  const auto plaintext = text(5000);
  Buffer frame;
  compressor.compress(plaintext, frame);
  Buffer back;
  for (std::size_t length = 0; length < frame.size(); ++length)
    CHECK(code_of([&] { decompressor.decompress(ByteView(frame).first(length), 1 << 20, back); }) ==
          ErrorCode::kCorrupt);
  auto twice = frame;
  append(twice, frame);
  CHECK(code_of([&] { decompressor.decompress(twice, 1 << 20, back); }) == ErrorCode::kCorrupt);
  int found = 0;
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    auto damaged = frame;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ (1u << bit % 8));
    const auto code = code_of([&] { decompressor.decompress(damaged, 1 << 20, back); });
    CHECK((!code || code == ErrorCode::kCorrupt));
    CHECK(back.size() <= 1 << 20);
    if (code) ++found;
  }
  CHECK(found > 0);
  decompressor.decompress(frame, 5000, back);
  CHECK(back == plaintext);
}
