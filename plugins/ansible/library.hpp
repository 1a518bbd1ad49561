#pragma once

#include <pra/pra.h>

#include <memory>
#include <string>

namespace pra_ansible {

/// What an operation came to.
struct Outcome {
  bool succeeded = false;
  std::string result;   ///< JSON of the result, when it succeeded.
  std::string message;  ///< Why it failed.
  std::string hint;     ///< What to do.
};

/// libpra.so.1, loaded at run time, so that a host without it gets a sentence and not a loader's
/// error. Throws std::runtime_error with that sentence.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] std::string operations() const;
  [[nodiscard]] Outcome run(const std::string& operation, const std::string& parameters) const;

 private:
  struct Functions;
  void* handle_ = nullptr;
  std::unique_ptr<Functions> functions_;
};

}  // namespace pra_ansible
