#include "api/error.hpp"

#include <new>
#include <system_error>

#include "api/wall.hpp"

namespace pra::api {

namespace {

/// Made before it is needed; short enough for the strings' own room, so it takes no memory.
pra_error& out_of_memory() noexcept {
  static pra_error error{ErrorCode::kFailed, "out of memory", ""};
  return error;
}

pra_error* make_error(ErrorCode code, const char* message, const std::string& hint) noexcept {
  try {
    return new pra_error{code, message, hint};
  } catch (...) {
    return &out_of_memory();
  }
}

}  // namespace

pra_error* error_of_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return make_error(error.code(), error.what(), error.hint());
  } catch (const std::bad_alloc&) {
    return &out_of_memory();
  } catch (const std::system_error& error) {
    return make_error(ErrorCode::kFailed, error.what(), {});
  } catch (const std::exception& error) {
    return make_error(ErrorCode::kFailed, error.what(), {});
  } catch (...) {
    return make_error(ErrorCode::kFailed, "unknown failure", {});
  }
}

}  // namespace pra::api

using pra::api::wall_or;
using pra::api::wall_void;

pra_error_code pra_error_get_code(const pra_error* error) {
  return wall_or(PRA_FAILED, [&] {
    return error == nullptr ? PRA_OK : static_cast<pra_error_code>(error->code);
  });
}

const char* pra_error_name(const pra_error* error) {
  return wall_or(
      "failed", [&] { return error == nullptr ? "ok" : pra::error_code_name(error->code).data(); });
}

const char* pra_error_message(const pra_error* error) {
  return wall_or("", [&] { return error == nullptr ? "" : error->message.c_str(); });
}

const char* pra_error_hint(const pra_error* error) {
  return wall_or("", [&] { return error == nullptr ? "" : error->hint.c_str(); });
}

int pra_error_is_retriable(const pra_error* error) {
  return wall_or(
      0, [&] { return error != nullptr && error->code == pra::ErrorCode::kTransient ? 1 : 0; });
}

void pra_error_free(pra_error* error) {
  return wall_void([&] {
    if (error != &pra::api::out_of_memory()) delete error;
  });
}

const char* pra_error_code_name(int code) {
  return wall_or(static_cast<const char*>(nullptr), [&]() -> const char* {
    if (code == PRA_OK) return "ok";
    const auto known = static_cast<pra::ErrorCode>(code);
    const auto name = pra::error_code_name(known);
    // Numbers that are no code share the name of kFailed.
    return name != "failed" || known == pra::ErrorCode::kFailed ? name.data() : nullptr;
  });
}
