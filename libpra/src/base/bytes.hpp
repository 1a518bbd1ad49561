#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pra {

/// Leaves new elements uninitialised, so that a buffer that is about to be filled is not zeroed.
template <class T>
struct UninitialisedAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UninitialisedAllocator<U>;
  };
  template <class U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) U(std::forward<Arguments>(arguments)...);
  }
};

/// Owned bytes. `resize` does not zero.
using Buffer = std::vector<std::uint8_t, UninitialisedAllocator<std::uint8_t>>;
/// Borrowed bytes.
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Buffer to_buffer(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}
inline void append(Buffer& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Unsigned little-endian integers, as in pack headers.
[[nodiscard]] std::uint32_t read_u32_le(ByteView bytes);
void append_u32_le(Buffer& out, std::uint32_t value);

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Throws Error(kInvalidArgument) unless `text` is an even number of hex digits.
[[nodiscard]] Buffer from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string to_base64(ByteView bytes);
/// Throws Error(kInvalidArgument) for anything that is not canonical base64.
[[nodiscard]] Buffer from_base64(std::string_view text);

/// True when all bytes are zero (vectorised; used to find holes).
[[nodiscard]] bool all_zero(ByteView bytes);

}  // namespace pra
