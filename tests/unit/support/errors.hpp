#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "base/error.hpp"

namespace pra {

inline std::ostream& operator<<(std::ostream& out, ErrorCode code) {
  return out << error_code_name(code);
}

namespace test {

/// The code of the Error that `action` throws; nothing when it does not throw.
template <class Action>
std::optional<ErrorCode> code_of(const Action& action) {
  try {
    action();
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

/// What the Error that `action` throws says, hint included; empty when it does not throw.
template <class Action>
std::string words_of(const Action& action) {
  try {
    action();
    return {};
  } catch (const Error& error) {
    return error.hint().empty() ? std::string(error.what())
                                : std::string(error.what()) + " | " + error.hint();
  }
}

}  // namespace test
}  // namespace pra
