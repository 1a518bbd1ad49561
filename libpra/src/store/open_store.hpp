#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace pra::store {

/// The Store of a repository URL, with retries around it. A path ("/srv/backup",
/// "local:/srv/backup",
/// "./backup") is a local store. Schemes that this version does not speak (s3:, sftp:, ftp:, rest:,
/// …) are Error(kUnsupported) with the list of those it does; a URL with a password in it is
/// refused and never echoed.
[[nodiscard]] StorePointer open_store(const std::string& url, std::shared_ptr<FileSystem> files,
                                      std::shared_ptr<Clock> clock, std::shared_ptr<Logger> logger);

}  // namespace pra::store
