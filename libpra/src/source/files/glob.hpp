#pragma once

#include <string_view>

namespace pra::source {

/// Whether one path component matches a pattern of Go's filepath.Match: `*`, `?`, `[lo-hi]`, `[^…]`
/// and `\c`; all of `name` must be consumed. Characters are UTF-8 code points; a byte that is no
/// UTF-8 counts as one character. `pattern` must be well-formed.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view name);

/// False for an unclosed or empty class, a class that ends or begins a range badly, or a trailing
/// `\`.
[[nodiscard]] bool glob_is_well_formed(std::string_view pattern);

}  // namespace pra::source
