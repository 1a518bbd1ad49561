#include "crypto/envelope.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"

using namespace pra;
using crypto::Envelope;
using crypto::EnvelopeKey;

namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> bytes_of(std::string_view hex) {
  const Buffer bytes = from_hex(hex);
  REQUIRE(bytes.size() == Size);
  std::array<std::uint8_t, Size> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

EnvelopeKey key_of(std::string_view encrypt, std::string_view k, std::string_view r) {
  EnvelopeKey key;
  key.encrypt = bytes_of<32>(encrypt);
  key.mac_k = bytes_of<16>(k);
  key.mac_r = bytes_of<16>(r);
  return key;
}

constexpr std::string_view kSomeKey =
    "0101010101010101010101010101010101010101010101010101010101010101";

bool is_refused(Envelope& envelope, ByteView sealed) {
  Buffer plaintext;
  try {
    envelope.open(sealed, plaintext);
  } catch (const Error& error) {
    return error.code() == ErrorCode::kCorrupt;
  }
  return false;
}

}  // namespace

// D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B: the message stands
// for the ciphertext, so a right MAC lets the envelope open.
TEST_CASE("Poly1305-AES agrees with its paper") {
  struct Vector {
    std::string_view message, r, k, nonce, mac;
  };
  const Vector vectors[] = {
      {"f3f6", "851fc40c3467ac0be05cc20404f3f700", "ec074c835580741701425b623235add6",
       "fb447350c4e868c52ac3275cf9d4327e", "f4c633c3044fc145f84f335cb81953de"},
      {"", "a0f3080000f46400d0c7e9076c834403", "75deaa25c09f208e1dc4ce6b5cad3fbf",
       "61ee09218d29b0aaed7e154a2c5509cc", "dd3fab2251f11ac759f0887129cc2ee7"},
      {"663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
       "48443d0bb0d21109c89a100b5ce2c208", "6acb5f61a7176dd320c5c1eb2edcdc74",
       "ae212a55399729595dea458bc621ff0e", "0ee1c16bb73f0f4fd19881753c01cdbe"},
      {"ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0990c62e48b8018b2c3e4a0fa31"
       "34cb67fa83e158c994d961c4cb21095c1bf9",
       "12976a08c4426d0ce8a82407c4f48207", "e1a5668a4d5b66a5f68cc5424ed5982d",
       "9ae831e743978d3a23527c7128149e3a", "5154ad0d2cb26e01274fc51148491f1b"},
  };
  for (const auto& vector : vectors) {
    CAPTURE(vector.message);
    Envelope envelope(key_of(kSomeKey, vector.k, vector.r));
    const Buffer sealed =
        from_hex(std::string(vector.nonce) + std::string(vector.message) + std::string(vector.mac));
    Buffer plaintext;
    CHECK_NOTHROW(envelope.open(sealed, plaintext));
    CHECK(plaintext.size() * 2 == vector.message.size());
  }
}

TEST_CASE("an envelope that restic sealed opens, and its unmasked r is clamped") {
  Envelope envelope(key_of("303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef",
                           "ef4d8824cb80b2bcc5fbff8a9b12a42c", "cc8d4b948ee0ebfe1d415de921d10353"));
  Buffer plaintext;
  envelope.open(
      from_hex("69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54ea63338a"
               "813bcf3f75d8c3cc75dddf8750"),
      plaintext);
  CHECK(as_text(plaintext) == "Dies ist ein Test!");
}

TEST_CASE("sealing and opening is the identity at every size around block ends") {
  Envelope sealer(
      key_of(kSomeKey, "00112233445566778899aabbccddeeff", "0f0e0d0c0b0a09080706050403020100"));
  Envelope moved = std::move(sealer);
  std::vector<std::size_t> sizes{1000, 4096, 65536, 1'000'003};
  for (std::size_t size = 0; size < 100; ++size)
    sizes.push_back(size);
  for (const std::size_t size : sizes) {
    Buffer plaintext(size);
    for (std::size_t i = 0; i < size; ++i)
      plaintext[i] = static_cast<std::uint8_t>(i * 31 + 7);
    Buffer sealed = to_buffer(as_bytes("before"));
    moved.seal(plaintext, sealed);
    CHECK(sealed.size() == 6 + size + Envelope::kOverhead);
    CHECK(as_text(ByteView(sealed).first(6)) == "before");
    Buffer opened(3);
    moved.open(ByteView(sealed).subspan(6), opened);
    CHECK(opened == plaintext);
    if (size >= 16) CHECK(!std::equal(plaintext.begin(), plaintext.end(), sealed.begin() + 22));
  }
}

TEST_CASE("every changed bit, cut and foreign key is found") {
  const EnvelopeKey key = EnvelopeKey::generate();
  Envelope envelope(key);
  Buffer sealed;
  envelope.seal(as_bytes("a message of more than one block of sixteen bytes"), sealed);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Buffer changed = sealed;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
    CHECK(is_refused(envelope, changed));
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    CHECK(is_refused(envelope, ByteView(sealed).first(length)));
  Buffer longer = sealed;
  longer.push_back(0);
  CHECK(is_refused(envelope, longer));
  Envelope other(EnvelopeKey::generate());
  CHECK(is_refused(other, sealed));
  CHECK_FALSE(is_refused(envelope, sealed));
}

TEST_CASE("an all-zero IV is refused even with a right MAC") {
  // AES-128 of the zero block under this k, as the second half of the one-time key, is what the MAC
  // of an empty message is.
  Envelope envelope(
      key_of(kSomeKey, "000102030405060708090a0b0c0d0e0f", "0f0e0d0c0b0a09080706050403020100"));
  const Buffer sealed =
      from_hex("00000000000000000000000000000000c6a13b37878f5b826f4f8162a1c8d879");
  Buffer plaintext;
  CHECK_THROWS_WITH(envelope.open(sealed, plaintext), doctest::Contains("all-zero IV"));
}

TEST_CASE("keys with a part of zeros are refused") {
  const EnvelopeKey good = EnvelopeKey::generate();
  CHECK_NOTHROW(Envelope{good});
  EnvelopeKey bad = good;
  bad.encrypt = {};
  CHECK_THROWS_AS(Envelope{bad}, Error);
  bad = good;
  bad.mac_k = {};
  CHECK_THROWS_AS(Envelope{bad}, Error);
  bad = good;
  bad.mac_r = {};
  CHECK_THROWS_AS(Envelope{bad}, Error);
}

TEST_CASE("the same plaintext is never sealed the same way") {
  Envelope envelope(EnvelopeKey::generate());
  std::set<std::string> ivs;
  for (int i = 0; i < 1000; ++i) {
    Buffer sealed;
    envelope.seal({}, sealed);
    CHECK(ivs.insert(to_hex(ByteView(sealed).first(16))).second);
  }
}
