#include "base/bytes.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/errors.hpp"

using namespace pra;
using pra::test::code_of;

TEST_CASE("hexadecimal") {
  const Buffer bytes{0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
  CHECK(to_hex(bytes) == "00017f80abff");
  CHECK(from_hex("00017F80aBff") == bytes);
  CHECK(to_hex({}).empty());
  CHECK(from_hex("").empty());
  for (const std::string text : {"0", "000", "0g", "g0", " 0", "0x", "é1"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)from_hex(text); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("base64: the vectors of RFC 4648") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(to_base64(as_bytes(plain)) == encoded);
    CHECK(as_text(from_base64(encoded)) == plain);
  }
  CHECK(to_base64(Buffer{0xfb, 0xff, 0xfe}) == "+//+");
}

TEST_CASE("base64: all that is not canonical is refused") {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "=Zg=",
                                 "Z===", "====", "Zm9v\n", "-_-_", "Zm 9", "Zg==Zg==", "Zg=a"}) {
    CAPTURE(text);
    CHECK(code_of([&] { (void)from_base64(text); }) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("base64: every length and byte comes back") {
  Buffer bytes;
  for (int i = 0; i < 600; ++i) {
    CHECK(from_base64(to_base64(bytes)) == bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
  }
}

TEST_CASE("little-endian integers") {
  Buffer out;
  append_u32_le(out, 0x01020384u);
  append_u32_le(out, 0xffffffffu);
  CHECK(out == Buffer{0x84, 0x03, 0x02, 0x01, 0xff, 0xff, 0xff, 0xff});
  CHECK(read_u32_le(out) == 0x01020384u);
  CHECK(read_u32_le(ByteView(out).subspan(4)) == 0xffffffffu);
}

TEST_CASE("zeros") {
  CHECK(all_zero({}));
  for (const std::size_t size : {1, 2, 7, 64, 4097}) {
    Buffer bytes(size, 0);
    CHECK(all_zero(bytes));
    for (std::size_t i = 0; i < size; ++i) {
      bytes[i] = 1;
      if (all_zero(bytes)) FAIL(i);
      bytes[i] = 0;
    }
  }
}
