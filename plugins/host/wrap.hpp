#pragma once

#include <string>
#include <string_view>

namespace pra_host {

/// Breaks text at spaces into lines of at most `width` columns; every line but the first begins
/// with `indent` spaces.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);
/// Columns that text takes on a terminal, a code point counting as one.
[[nodiscard]] std::size_t columns(std::string_view text);

}  // namespace pra_host
