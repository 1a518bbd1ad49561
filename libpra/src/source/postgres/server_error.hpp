#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace pra::source::postgres {

/// What a server says when it refuses something.
struct ServerMessage {
  std::string sqlstate;  ///< Five characters; empty when the connection failed.
  std::string text;
  std::string detail;
  std::string hint;
};

/// The Error for it: "<doing>: <text> (<detail>)", with the code of its SQLSTATE class and, where
/// the server gives none, a hint of ours for what commonly goes wrong.
[[nodiscard]] Error make_server_error(std::string_view doing, const ServerMessage& message);

}  // namespace pra::source::postgres
