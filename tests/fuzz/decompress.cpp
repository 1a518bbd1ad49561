#include "base/compression.hpp"
#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kLimit = 1 << 20;
  Decompressor decompressor;
  Buffer out;
  const auto done = fuzz::parsed([&] {
    decompressor.decompress({data, size}, kLimit, out);
    return true;
  });
  fuzz::require(out.capacity() <= 2 * kLimit, "memory is bounded, also by a refused frame");
  if (!done) return 0;
  fuzz::require(out.size() <= kLimit, "never more than the limit");

  Buffer frame;
  Compressor(1).compress(out, frame);
  Buffer again;
  decompressor.decompress(frame, kLimit, again);
  fuzz::require(again == out, "compressing and decompressing is the identity");
  return 0;
}
