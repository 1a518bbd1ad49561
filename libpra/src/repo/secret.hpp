#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/file_system.hpp"

namespace pra::repo {

/// A password or the content of a key file, cleared from memory when it goes.
class Secret {
 public:
  Secret() = default;
  /// `generated`: 256 random bits in text form, which open with a cheap key derivation.
  explicit Secret(std::string text, bool generated = false);
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_generated() const { return generated_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
  bool generated_ = false;
};

/// Resolves a reference: "file:PATH", "env:NAME", "command:PROGRAM ARG…" (split at spaces, quotes
/// as in sh, no shell), "credential:NAME" (systemd, $CREDENTIALS_DIRECTORY). One trailing newline
/// is dropped. A file that group or others can read is refused with the chmod to run. Anything
/// else, in particular a secret written in clear, is Error(kInvalidArgument) and is not echoed.
[[nodiscard]] Secret resolve_secret(const std::string& reference, FileSystem& files,
                                    const std::stop_token& stop);

/// Makes a key file: one line with 256 random bits, mode 0600, never over an existing file.
[[nodiscard]] Secret create_key_file(const std::string& path, FileSystem& files);

}  // namespace pra::repo
