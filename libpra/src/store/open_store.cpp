#include "store/open_store.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "store/local_store.hpp"
#include "store/retry_store.hpp"

namespace pra::store {

namespace {

constexpr std::string_view kLocalScheme = "local";

/// "s3" of "s3:https://…"; empty for a path.
std::string_view scheme_of(std::string_view url) {
  const auto colon = url.find_first_of(":/");
  if (colon == std::string_view::npos || url[colon] != ':' || colon < 2) return {};
  const auto scheme = url.substr(0, colon);
  const bool letters = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+';
  });
  return letters ? scheme : std::string_view();
}

/// True for "…://user:password@host…".
bool holds_password(std::string_view url) {
  const auto authority_start = url.find("//");
  if (authority_start == std::string_view::npos) return false;
  auto authority = url.substr(authority_start + 2);
  // A password may hold anything, '/' too: everything before the last '@' counts.
  const auto at = authority.rfind('@');
  return at != std::string_view::npos &&
         authority.substr(0, at).find(':') != std::string_view::npos;
}

}  // namespace

StorePointer open_store(const std::string& url, std::shared_ptr<FileSystem> files,
                        std::shared_ptr<Clock> clock, std::shared_ptr<Logger> logger) {
  const auto scheme = scheme_of(url);
  if (!scheme.empty() && scheme != kLocalScheme && holds_password(url))
    throw Error(
        ErrorCode::kInvalidArgument, "open a repository: its URL (not shown here) holds a password",
        "take the password out of the URL and name a reference to it, such as file: or env:");
  if (!scheme.empty() && scheme != kLocalScheme)
    throw Error(
        ErrorCode::kUnsupported,
        "open a repository: '" + std::string(scheme) + ":' is not a kind of store of this version",
        "use a directory: a path, or local:PATH (a path whose name begins like this: ./" +
            std::string(scheme) + ":…)");
  auto path = scheme.empty() ? url : url.substr(kLocalScheme.size() + 1);
  if (path.empty() || path.find('\0') != std::string::npos)
    throw Error(ErrorCode::kInvalidArgument, "open a repository: no directory is named",
                "write it like /srv/backup or local:/srv/backup");
  auto local = make_local_store(std::move(path), std::move(files), clock);
  return make_retry_store(std::move(local), {}, std::move(clock), std::move(logger));
}

}  // namespace pra::store
