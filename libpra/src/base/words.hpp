#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pra {

/// Splits a command line at white space as sh does for plain words, '…', "…" and backslashes;
/// nothing is expanded. Error(kInvalidArgument) for an open quote.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// The known name that is closest to `name` (by edit distance), when it is close enough to be
/// meant; else empty.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace pra
