#pragma once

#include <pra/error.h>

#include <exception>
#include <string>

#include "base/error.hpp"

/// The C side's error object.
struct pra_error {
  pra::ErrorCode code;
  std::string message;
  std::string hint;
};

namespace pra::api {

/// Turns the exception that is being handled into an error object. Never throws: without memory for
/// an object it gives the one that is there from the start.
[[nodiscard]] pra_error* error_of_current_exception() noexcept;

}  // namespace pra::api
