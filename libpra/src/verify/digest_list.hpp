#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.hpp"

namespace pra::verify {

/// Appends one line as `sha256sum` prints it: digest, two blanks, name. A name with a backslash, a
/// line feed or a carriage return is escaped and the line then begins with a backslash.
void append_digest_line(std::string& out, std::string_view hex, std::string_view path);

/// One line of a list, checked in form.
struct ListedDigest {
  std::size_t line = 0;  ///< From 1.
  const crypto::DigestAlgorithm* algorithm = nullptr;
  std::string hex;  ///< Lower case.
  std::string path;
  std::string malformed;  ///< What is wrong with the line; then the rest is empty.
};

/// Reads a list: lines of `sha256sum` ("<hex>  <name>" or "<hex> *<name>", digests of `algorithm`)
/// and BSD-style lines, which name their algorithm ("SHA256 (<name>) = <hex>"), with the escapes
/// above. Empty lines and lines that begin with '#' are passed over.
[[nodiscard]] std::vector<ListedDigest> parse_digest_list(std::string_view text,
                                                          const crypto::DigestAlgorithm& algorithm);

}  // namespace pra::verify
