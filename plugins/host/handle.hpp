#pragma once

#include <pra/pra.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace pra_host {

/// The C API's objects, freed when they go.
struct Freeing {
  void operator()(pra_context* context) const { pra_context_free(context); }
  void operator()(pra_error* error) const { pra_error_free(error); }
  void operator()(char* text) const { pra_string_free(text); }
};
template <class T>
using Handle = std::unique_ptr<T, Freeing>;

/// An error of the library on its way to `main`.
struct Failure {
  int code = PRA_FAILED;
  std::string name;
  std::string message;
  std::string hint;
};

/// Throws a Failure unless `error` is NULL; frees it.
inline void check(pra_error* error) {
  if (error == nullptr) return;
  const Handle<pra_error> owned(error);
  throw Failure{pra_error_get_code(error), pra_error_name(error), pra_error_message(error),
                pra_error_hint(error)};
}

}  // namespace pra_host
