#include "base/bytes.hpp"

#include <array>
#include <cstring>

#include "base/error.hpp"

namespace pra {

std::uint32_t read_u32_le(ByteView bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

void append_u32_le(Buffer& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::int8_t i = 0; i < 64; ++i)
    values[static_cast<unsigned char>(kBase64[i])] = i;
  return values;
}();

}  // namespace

Buffer from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    throw Error(ErrorCode::kInvalidArgument, "hexadecimal text has an odd number of digits");
  Buffer out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0)
      throw Error(ErrorCode::kInvalidArgument, "not a hexadecimal digit in " + printable(text));
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

std::string to_base64(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t rest = bytes.size() - i;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                (rest > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0u) |
                                (rest > 2 ? static_cast<std::uint32_t>(bytes[i + 2]) : 0u);
    out += kBase64[group >> 18 & 63];
    out += kBase64[group >> 12 & 63];
    out += rest > 1 ? kBase64[group >> 6 & 63] : '=';
    out += rest > 2 ? kBase64[group & 63] : '=';
  }
  return out;
}

Buffer from_base64(std::string_view text) {
  const auto bad = [] { return Error(ErrorCode::kInvalidArgument, "malformed base64 text"); };
  if (text.size() % 4 != 0) throw bad();
  Buffer out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    std::uint32_t group = 0;
    int padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = text[i + k];
      if (c == '=' && last && k >= 2) {
        ++padding;
        group <<= 6;
        continue;
      }
      const int value = kBase64Values[static_cast<unsigned char>(c)];
      if (value < 0 || padding > 0) throw bad();
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0))
      throw bad();
    out.push_back(static_cast<std::uint8_t>(group >> 16));
    if (padding < 2) out.push_back(static_cast<std::uint8_t>(group >> 8));
    if (padding < 1) out.push_back(static_cast<std::uint8_t>(group));
  }
  return out;
}

bool all_zero(ByteView bytes) {
  if (bytes.empty()) return true;
  if (bytes[0] != 0) return false;
  return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace pra
