#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pra {

/// What kind of failure it was. The values are those of `pra_error_code` in <pra/error.h>; they are
/// part of the ABI and only ever grow.
enum class ErrorCode : int {
  kFailed = 1,            ///< Anything without a kind of its own.
  kInvalidArgument = 2,   ///< The caller's input is wrong; nothing was done.
  kPartial = 3,           ///< Finished, but some items could not be read or written.
  kUnhealthy = 4,         ///< A probe failed, or an objective is not met.
  kNotFound = 5,          ///< A named thing (object, file, snapshot) does not exist.
  kAlreadyExists = 6,     ///< It exists and is never overwritten.
  kPermissionDenied = 7,  ///< The system or the server refused access.
  kTransient = 8,         ///< May succeed when tried again (network, busy server).
  kCorrupt = 9,           ///< Data is damaged or forged: a MAC, hash, or structure is wrong.
  kNoRepository = 10,     ///< There is no repository at that location.
  kLocked = 11,           ///< Another process holds the repository's lock.
  kWrongKey = 12,         ///< No key of the repository opens with this secret.
  kNoSpace = 13,          ///< The target has no room.
  kTimeout = 14,          ///< The time limit passed.
  kUnsupported = 15,      ///< The other side, or this build, cannot do it.
  kCancelled = 130,       ///< The caller asked to stop.
};

/// A short stable name ("not_found"), as in results and journals.
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

/// The one exception type of the library. `what()` says what failed, on what, and why, in lower
/// case and without a trailing dot; `hint()` says what to do next, or is empty.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = {});

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  /// True when trying the same again may succeed.
  [[nodiscard]] bool retriable() const { return code_ == ErrorCode::kTransient; }

  /// The same error with `context` and ": " in front of its message.
  [[nodiscard]] Error with_context(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string hint_;
};

/// Throws an Error for `errno_value`: "<action> <subject>: <text of errno>", with the ErrorCode
/// that fits the errno (ENOENT: kNotFound, EACCES/EPERM: kPermissionDenied, ENOSPC/EDQUOT:
/// kNoSpace, EEXIST: kAlreadyExists, …). `subject` is a path or the like; unprintable bytes are
/// escaped.
[[noreturn]] void throw_errno(std::string_view action, std::string_view subject, int errno_value);

/// Text for messages: control and non-UTF-8 bytes are written as \xNN, so that a hostile name
/// cannot drive a terminal or break JSON.
[[nodiscard]] std::string printable(std::string_view raw);

}  // namespace pra
