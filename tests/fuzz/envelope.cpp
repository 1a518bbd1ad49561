#include "crypto/envelope.hpp"

#include <algorithm>

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  crypto::EnvelopeKey key;
  key.encrypt.fill(1);
  key.mac_k.fill(2);
  key.mac_r.fill(3);
  crypto::Envelope envelope(key);
  const ByteView input(data, size);
  Buffer plaintext;
  const auto open = [&](ByteView sealed) {
    return fuzz::parsed([&] {
      envelope.open(sealed, plaintext);
      return true;
    });
  };
  (void)open(input);

  Buffer sealed;
  envelope.seal(input, sealed);
  fuzz::require(open(sealed).has_value() && std::ranges::equal(plaintext, input),
                "sealing and opening is the identity");
  if (size < 3) return 0;
  const std::size_t changed = (std::size_t{data[0]} << 8 | data[1]) % sealed.size();
  const auto difference = static_cast<std::uint8_t>(std::max<std::uint8_t>(data[2], 1));
  sealed[changed] = static_cast<std::uint8_t>(sealed[changed] ^ difference);
  fuzz::require(!open(sealed).has_value(), "a changed byte is found");
  return 0;
}
