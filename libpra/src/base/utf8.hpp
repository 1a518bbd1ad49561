#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pra::utf8 {

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 1;  ///< Bytes consumed; 1 for an invalid byte.
  bool valid = false;
};

/// Decodes the first code point of a non-empty text. Overlong forms, surrogates and values above
/// U+10FFFF are invalid (RFC 3629, section 3), one byte at a time, as Go's utf8.DecodeRune does.
[[nodiscard]] Decoded decode(std::string_view text);

/// True when every byte belongs to a valid code point.
[[nodiscard]] bool is_valid(std::string_view text);

/// Appends a code point, which must be at most U+10FFFF.
void append(std::string& out, char32_t code_point);

}  // namespace pra::utf8
