#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace pra {

/// A certificate's date as TLS libraries print it: "Nov 22 09:00:00 2026 GMT" (OpenSSL) or
/// "2026-11-22 09:00:00 GMT" (GnuTLS). Nothing for any other text.
[[nodiscard]] std::optional<Timestamp> parse_certificate_date(std::string_view text);

}  // namespace pra
