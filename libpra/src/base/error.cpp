#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.hpp"

namespace pra {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFailed:
      return "failed";
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kPartial:
      return "partial";
    case ErrorCode::kUnhealthy:
      return "unhealthy";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kAlreadyExists:
      return "already_exists";
    case ErrorCode::kPermissionDenied:
      return "permission_denied";
    case ErrorCode::kTransient:
      return "transient";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kNoRepository:
      return "no_repository";
    case ErrorCode::kLocked:
      return "locked";
    case ErrorCode::kWrongKey:
      return "wrong_key";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kCancelled:
      return "cancelled";
  }
  return "failed";
}

Error::Error(ErrorCode code, const std::string& message, std::string hint)
    : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

Error Error::with_context(std::string_view context) const {
  return {code_, fmt::format("{}: {}", context, what()), hint_};
}

namespace {

ErrorCode code_of_errno(int value) {
  switch (value) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    case EAGAIN:
    case EBUSY:
    case ESTALE:
    case ECONNRESET:
    case ECONNREFUSED:
      return ErrorCode::kTransient;
    case EOPNOTSUPP:
    case ENOSYS:
      return ErrorCode::kUnsupported;
    case EINVAL:
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kFailed;
  }
}

std::string hint_of_errno(int value) {
  switch (value) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose another place";
    case EACCES:
    case EPERM:
      return "run as a user who may do this, or change the permissions";
    case EROFS:
      return "the file system is mounted read-only";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return {};
  }
}

}  // namespace

void throw_errno(std::string_view action, std::string_view subject, int errno_value) {
  throw Error(code_of_errno(errno_value),
              fmt::format("{} {}: {}", action, printable(subject), std::strerror(errno_value)),
              hint_of_errno(errno_value));
}

std::string printable(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size();) {
    const auto decoded = utf8::decode(raw.substr(i));
    const bool control =
        decoded.code_point < 0x20 || (decoded.code_point >= 0x7f && decoded.code_point < 0xa0);
    if (!decoded.valid || control) {
      for (std::size_t k = 0; k < decoded.length; ++k)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(raw[i + k]));
    } else {
      out.append(raw.substr(i, decoded.length));
    }
    i += decoded.length;
  }
  return out;
}

}  // namespace pra
