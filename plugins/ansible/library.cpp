#include "library.hpp"

#include <dlfcn.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace pra_ansible {

namespace {

constexpr const char* kLibrary = "libpra.so.1";

std::runtime_error cannot_load(const std::string& why) {
  return std::runtime_error(
      std::string(kLibrary) + " " + why +
      ". Hint: install libpra on the target host (its package, or `cmake --install`) and run "
      "ldconfig; with another place, set LD_LIBRARY_PATH in the task's environment");
}

}  // namespace

/// The functions of the library that a module calls; the types are those of the headers.
struct Library::Functions {
  decltype(&pra_version_number) version_number;
  decltype(&pra_operations_json) operations_json;
  decltype(&pra_context_new) context_new;
  decltype(&pra_context_free) context_free;
  decltype(&pra_run) run;
  decltype(&pra_string_free) string_free;
  decltype(&pra_error_message) error_message;
  decltype(&pra_error_hint) error_hint;
  decltype(&pra_error_free) error_free;
};

namespace {

template <class Function>
void resolve(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr)
    throw cannot_load(std::string("of this host is too old: it lacks ") + name);
}

}  // namespace

Library::Library() : handle_(dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)), functions_(new Functions{}) {
  if (handle_ == nullptr) throw cannot_load(std::string("cannot be loaded: ") + dlerror());
  auto& f = *functions_;
  resolve(handle_, "pra_version_number", f.version_number);
  if (const int version = f.version_number(); version < PRA_VERSION_NUMBER)
    throw cannot_load("of this host is too old: it is " + std::to_string(version) +
                      ", this module needs " + std::to_string(PRA_VERSION_NUMBER) +
                      " (1.2.3 is 10203)");
  resolve(handle_, "pra_operations_json", f.operations_json);
  resolve(handle_, "pra_context_new", f.context_new);
  resolve(handle_, "pra_context_free", f.context_free);
  resolve(handle_, "pra_run", f.run);
  resolve(handle_, "pra_string_free", f.string_free);
  resolve(handle_, "pra_error_message", f.error_message);
  resolve(handle_, "pra_error_hint", f.error_hint);
  resolve(handle_, "pra_error_free", f.error_free);
}

// The library stays loaded until the process ends, which is at once: a thread of it may still be
// waiting for a name to be resolved.
Library::~Library() = default;

std::string Library::operations() const {
  char* text = nullptr;
  if (auto* error = functions_->operations_json(&text); error != nullptr) {
    const std::string message = functions_->error_message(error);
    functions_->error_free(error);
    throw std::runtime_error(message);
  }
  std::string out = text;
  functions_->string_free(text);
  return out;
}

Outcome Library::run(const std::string& operation, const std::string& parameters) const {
  const auto& f = *functions_;
  Outcome outcome;
  const auto keep = [&](pra_error* error) {
    if (error == nullptr) return true;
    outcome.message = f.error_message(error);
    outcome.hint = f.error_hint(error);
    f.error_free(error);
    return false;
  };
  pra_context* context = nullptr;
  if (!keep(f.context_new(&context, nullptr))) return outcome;
  const std::unique_ptr<pra_context, decltype(f.context_free)> owner(context, f.context_free);
  char* result = nullptr;
  if (!keep(f.run(&result, context, operation.c_str(), parameters.c_str(), nullptr, nullptr)))
    return outcome;
  outcome.succeeded = true;
  outcome.result = result;
  f.string_free(result);
  return outcome;
}

}  // namespace pra_ansible
