#include "repo/pack.hpp"

#include "fuzz.hpp"

using namespace pra;

namespace {

void read(ByteView tail, std::uint64_t pack_size, crypto::Envelope& envelope) {
  std::size_t needed = 0;
  const auto entries =
      fuzz::parsed([&] { return repo::read_pack_header(tail, pack_size, envelope, needed); });
  if (!entries) return;
  if (!entries->has_value()) {
    fuzz::require(needed > tail.size() && needed <= pack_size, "what is needed can be given");
    return;
  }
  std::uint64_t offset = 0;
  for (const auto& entry : **entries) {
    fuzz::require(entry.offset == offset && entry.length >= crypto::Envelope::kOverhead,
                  "blobs lie one after the other");
    offset += entry.length;
  }
  fuzz::require(offset < pack_size, "blobs lie within the pack");
}

}  // namespace

// The first byte chooses: the end of a pack as it is, or the plaintext of a header, which is sealed
// here, since no fuzzer finds a right MAC.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  crypto::Envelope envelope([] {
    crypto::EnvelopeKey key;
    key.encrypt.fill(1);
    key.mac_k.fill(2);
    key.mac_r.fill(3);
    return key;
  }());
  const bool is_raw = (data[0] & 1) != 0;
  const std::size_t before = std::size_t{data[1]} << 8 | data[2];
  const ByteView input = ByteView(data, size).subspan(3);
  Buffer pack;
  if (is_raw) {
    append(pack, input);
  } else {
    pack.resize(before);
    envelope.seal(input, pack);
    append_u32_le(pack, static_cast<std::uint32_t>(pack.size() - before));
  }
  read(pack, pack.size() + (is_raw ? before : 0), envelope);
  read(ByteView(pack).last(std::min<std::size_t>(pack.size(), 40)), pack.size(), envelope);
  return 0;
}
